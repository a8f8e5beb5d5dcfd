"""What people are told of a track that cannot be played."""

from __future__ import annotations

from typing import Final

from lib.locales.text import Text
from worker.audio.failures import SourceFailure

REASONS: Final = {
    SourceFailure.PRIVATE: Text(
        en="It is private, or needs somebody to be signed in.",
        ja="非公開か、ログインが必要なコンテンツです。",
    ),
    SourceFailure.MEMBERS_ONLY: Text(
        en="It is for members or paying subscribers only.",
        ja="メンバーまたは有料会員限定のコンテンツです。",
    ),
    SourceFailure.REMOVED: Text(
        en="It has been removed.",
        ja="すでに削除されています。",
    ),
    SourceFailure.AGE_RESTRICTED: Text(
        en="It is age-restricted, and the site wants to know who is watching.",
        ja="年齢制限があり、サイト側で本人確認が求められています。",
    ),
    SourceFailure.BOT_CHECK: Text(
        en="The site asks this server to prove that it is not a bot. Whoever runs the bot can "
        "give it a cookies file.",
        ja="サイトから「ロボットではないことの確認」を求められました。"
        "Botの管理者が Cookie ファイルを設定すると再生できることがあります。",
    ),
    SourceFailure.LIVE: Text(
        en="It is a live stream, or has not begun yet. Those cannot be played.",
        ja="ライブ配信中か、まだ公開前です。ライブ配信は再生できません。",
    ),
    SourceFailure.REGION: Text(
        en="It is not available in the country that the bot runs in.",
        ja="Botが動いている国では公開されていません。",
    ),
    SourceFailure.PROTECTED: Text(
        en="It is copy-protected.",
        ja="コピー防止（DRM）がかかっています。",
    ),
    SourceFailure.TIMED_OUT: Text(
        en="The site took too long to answer.",
        ja="サイトの応答に時間がかかりすぎました。",
    ),
    SourceFailure.NO_SUCH_HOST: Text(
        en="There is no site of that name.",
        ja="そのアドレスのサイトは見つかりません。",
    ),
    SourceFailure.NOT_FOUND: Text(
        en="There is nothing at that address.",
        ja="そのアドレスには何も見つかりませんでした。",
    ),
    SourceFailure.NO_RESULTS: Text(
        en="Nothing was found. Try other words, or a link.",
        ja="見つかりませんでした。別の言葉かリンクでお試しください。",
    ),
    SourceFailure.NOT_AUDIO: Text(
        en="That is not a sound file, or it is damaged.",
        ja="音声ファイルではないか、ファイルが壊れています。",
    ),
    SourceFailure.TOO_LARGE: Text(
        en="The file is too large.",
        ja="ファイルが大きすぎます。",
    ),
    SourceFailure.FORBIDDEN_ADDRESS: Text(
        en="That address leads into a private network, where the bot does not go.",
        ja="プライベートネットワークのアドレスのため、接続できません。",
    ),
    SourceFailure.UNSUPPORTED: Text(
        en="Nothing that can be played was found there.",
        ja="再生できる形式のものが見つかりませんでした。",
    ),
    SourceFailure.REFUSED: Text(
        en="The site refuses to give it to the bot.",
        ja="サイトにアクセスを拒否されました。",
    ),
    SourceFailure.TOO_MANY_REQUESTS: Text(
        en="The site has had too many requests from here. Please try again later.",
        ja="サイトへのアクセスが多すぎるため、一時的に制限されています。"
        "しばらくしてからお試しください。",
    ),
    SourceFailure.UNREACHABLE: Text(
        en="The site cannot be reached, or the connection broke off.",
        ja="サイトに接続できないか、途中で接続が切れました。",
    ),
    SourceFailure.SEARCH_UNREACHABLE: Text(
        en="The site that I search on cannot be reached. Try again later, or give a link.",
        ja="検索に使うサイトに接続できません。"
        "しばらくしてからもう一度試すか、リンクを指定してください。",
    ),
}
"""A sentence for every failure."""
