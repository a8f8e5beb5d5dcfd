"""Discord's gateway and voice servers on this machine, and somebody who listens.

gateway.py       Discord's main gateway, over the simulator's servers and people
voice_server.py  the voice websocket (wss) and the UDP socket behind it
calls.py         who is in a call, and its end-to-end encryption (dave.py over mls.py)
listener.py      what is heard in a call, packet by packet and as sound
running.py       all of it in a thread of its own, for tests that stay synchronous
"""
