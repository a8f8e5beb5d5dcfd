"""The HTTP edge: views translate, they do not decide."""
