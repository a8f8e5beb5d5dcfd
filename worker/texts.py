"""What the worker says, in all languages. Titles in it are escaped: they are others' words."""

from __future__ import annotations

from typing import Final

from lib.interactions.escaping import escape
from lib.locales import Text
from lib.music.orders import PlayerCommand
from lib.ports.player import LoopMode, Track
from worker.audio.failures import SourceFailure
from worker.lookups.texts import REASONS
from worker.voice import VoiceFailure

LONGEST_TITLE: Final = 120

# --- what nobody asked for ---

LEFT_ALONE = Text(
    en="Nobody has been listening for a while, so I have left the voice channel.",
    ja="しばらく誰もいなかったので、ボイスチャンネルから退出しました。",
)
LEFT_AT_END = Text(
    en="That was the last track, so I have left the voice channel.",
    ja="最後の曲が終わったので、ボイスチャンネルから退出しました。",
)
TAKEN_OUT = Text(
    en="I was taken out of the voice channel, so the music has stopped.",
    ja="ボイスチャンネルから切断されたため、再生を終了しました。",
)
CHANNEL_GONE = Text(
    en="The voice channel is gone, so the music has stopped.",
    ja="ボイスチャンネルが削除されたため、再生を終了しました。",
)
NOT_BACK = Text(
    en="The connection to the voice channel broke off and did not come back, so the music has "
    "stopped.",
    ja="ボイスチャンネルとの接続が切れ、再接続できなかったため、再生を終了しました。",
)
NOT_BACK_BECAUSE: Final = {
    VoiceFailure.GONE: CHANNEL_GONE,
    VoiceFailure.FULL: Text(
        en="The voice channel filled up before I could come back, so the music has stopped.",
        ja="再接続する前にボイスチャンネルが満員になったため、再生を終了しました。",
    ),
    VoiceFailure.FORBIDDEN: Text(
        en="I may no longer join the voice channel, so the music has stopped.",
        ja="ボイスチャンネルに接続する権限がなくなったため、再生を終了しました。",
    ),
    VoiceFailure.STAGE: Text(
        en="I was moved to a stage channel, where nobody would hear me, so the music has stopped.",
        ja="ステージチャンネルに移動されましたが、ステージでは音声が届かないため、再生を終了しました。",
    ),
    VoiceFailure.TIMED_OUT: NOT_BACK,
}
STOPPED_BY_DASHBOARD = Text(
    en="⏹ Stopped from the dashboard. The queue is empty, and I have left the voice channel.",
    ja="⏹ ダッシュボードから再生が停止されました。"
    "キューを空にして、ボイスチャンネルから退出しました。",
)
NOT_PLAYABLE = Text(
    en="**{title}** cannot be played. {reason}", ja="**{title}** を再生できません。{reason}"
)
RESTED = Text(
    en="Three tracks in a row could not be played, so I have paused. `/resume` tries the next one, "
    "`/queue` shows what waits.",
    ja="3曲続けて再生できなかったため、一時停止しました。`/再開` で次の曲を試し、"
    "`/キュー` で待機中の曲を確認できます。",
)

# --- why an order is not carried out ---

NOTHING_PLAYS = Text(en="Nothing is playing.", ja="現在、何も再生していません。")
TRACK_HAS_ENDED = Text(
    en="That track has already ended, so nothing was changed.",
    ja="その曲はすでに終わっているため、何も変更しませんでした。",
)
NOT_IN_VOICE = Text(
    en="Join a voice channel first, then try again.",
    ja="先にボイスチャンネルに参加してから、もう一度お試しください。",
)
OTHER_CHANNEL = Text(
    en="I am playing in <#{channel}>. Join that channel to have a say in the music.",
    ja="現在 <#{channel}> で再生中です。操作するには、そのチャンネルに参加してください。",
)
NOT_JOINED: Final = {
    VoiceFailure.GONE: Text(
        en="I cannot see <#{channel}>. Does it still exist, and may I view it?",
        ja="<#{channel}> が見つかりません。"
        "チャンネルがあるか、Botに閲覧権限があるかをご確認ください。",
    ),
    VoiceFailure.FULL: Text(
        en="<#{channel}> is full.", ja="<#{channel}> は満員のため、参加できません。"
    ),
    VoiceFailure.FORBIDDEN: Text(
        en="I may not play in <#{channel}>: I need the permissions View Channel, Connect and Speak "
        "there.",
        ja="<#{channel}> で再生する権限がありません。「チャンネルを見る」「接続」「発言」の"
        "権限をBotに付けてください。",
    ),
    VoiceFailure.STAGE: Text(
        en="<#{channel}> is a stage channel, where nobody would hear me. Join a voice channel "
        "first, then try again.",
        ja="<#{channel}> はステージチャンネルのため、再生しても音声が届きません。"
        "ボイスチャンネルに参加してから、もう一度お試しください。",
    ),
    VoiceFailure.TIMED_OUT: Text(
        en="Discord did not let me into <#{channel}> in time. Please try again.",
        ja="<#{channel}> への接続がタイムアウトしました。もう一度お試しください。",
    ),
}
QUEUE_FULL = Text(
    en="The queue is full: no more than {most} tracks can wait.",
    ja="キューがいっぱいです。待機できるのは{most}曲までです。",
)
BEYOND_END = Text(en="The track is only {length} long.", ja="この曲の長さは {length} です。")
NO_PREVIOUS = Text(en="Nothing was played before this.", ja="この前に再生した曲はありません。")
NOT_IN_QUEUE = Text(
    en="That track no longer waits in the queue.", ja="その曲はもうキューにありません。"
)
TOO_FEW = Text(
    en="There are too few tracks in the queue to shuffle.",
    ja="キューの曲が少ないため、シャッフルできません。",
)
NOTHING_WAITS = Text(en="No tracks wait in the queue.", ja="キューに待機中の曲はありません。")
STOPPED_MEANWHILE = Text(
    en="It was stopped before it began.", ja="再生が始まる前に停止されました。"
)
FAULT = Text(
    en="Something went wrong on our side, and nothing was changed. Please try again.",
    ja="Bot側で問題が発生したため、変更できませんでした。もう一度お試しください。",
)

BROKE_OFF = Text(
    en="Something went wrong on our side in the middle of this. `/nowplaying` shows how things "
    "stand.",
    ja="実行の途中でBot側に問題が発生しました。現在の状態は `/再生中` で確認できます。",
)

INTERRUPTED = Text(
    en="The player was interrupted in the middle of this. `/nowplaying` shows how things stand.",
    ja="実行の途中でプレイヤーが中断しました。現在の状態は `/再生中` で確認できます。",
)

# --- what came of it ---

QUEUED = Text(
    en="Added **{title}** to the queue, at place {place}.",
    ja="**{title}** をキューの{place}番目に追加しました。",
)
QUEUED_MANY = Text(
    en="Added {n} tracks to the queue, from place {place} on.",
    ja="{n}曲をキューの{place}番目から追加しました。",
)
NOT_FIRST = Text(
    en="Others are waiting already, so it comes after their tracks.",
    ja="ほかの方の曲が先に待っているため、その後ろに追加しました。",
)
AND_MORE = Text(
    en="{n} more tracks were added to the queue.", ja="ほかに{n}曲をキューに追加しました。"
)
NOT_ALL = Text(
    en="There was no room for {n} more.", ja="空きがないため、残りの{n}曲は追加できませんでした。"
)
PAUSED = Text(en="⏸ Paused at {position}.", ja="⏸ {position} で一時停止しました。")
ALREADY_PAUSED = Text(en="It is paused already.", ja="すでに一時停止中です。")
RESUMED = Text(en="▶ On it goes, from {position}.", ja="▶ {position} から再開しました。")
NOT_PAUSED = Text(en="It is playing already.", ja="すでに再生中です。")
SKIPPED = Text(en="⏭ Skipped **{title}**.", ja="⏭ **{title}** をスキップしました。")
WENT_BACK = Text(en="⏮ Back to **{title}**.", ja="⏮ **{title}** に戻りました。")
STOPPED = Text(
    en="⏹ Stopped. The queue is empty, and I have left the voice channel.",
    ja="⏹ 再生を停止し、キューを空にして、ボイスチャンネルから退出しました。",
)
SOUGHT = Text(en="⏩ It plays from {position} now.", ja="⏩ {position} から再生します。")
VOLUME = Text(en="🔊 The volume is {percent}% now.", ja="🔊 音量を{percent}%にしました。")
LOOPED: Final = {
    LoopMode.OFF: Text(en="Nothing is repeated any more.", ja="ループをオフにしました。"),
    LoopMode.TRACK: Text(
        en="🔂 This track is repeated from now on.", ja="🔂 この曲をループします。"
    ),
    LoopMode.QUEUE: Text(
        en="🔁 The queue is repeated from now on.", ja="🔁 キュー全体をループします。"
    ),
}
SHUFFLED = Text(en="🔀 Shuffled {n} tracks.", ja="🔀 キューの{n}曲をシャッフルしました。")
MOVED = Text(
    en="Moved **{title}** to place {place}.", ja="**{title}** を{place}番目に移動しました。"
)
REMOVED = Text(
    en="Removed **{title}** from the queue.", ja="**{title}** をキューから削除しました。"
)
CLEARED = Text(
    en="🧹 Emptied the queue. What plays goes on.",
    ja="🧹 キューを空にしました。再生中の曲はそのままです。",
)
AUTOPLAY_ON = Text(
    en="✨ When the queue ends, I choose what goes on.",
    ja="✨ キューが終わったら、おすすめの曲を自動で再生します。",
)
AUTOPLAY_OFF = Text(en="Autoplay is off.", ja="自動再生をオフにしました。")
VOTED = Text(
    en="🗳 {votes} of {needed} votes for {what}. Others in the voice channel can use the same "
    "command to vote.",
    ja="🗳 {what}への投票: {needed}票中{votes}票。"
    "ボイスチャンネルにいる方が同じ操作をすると投票になります。",
)
WHAT: Final = {
    PlayerCommand.PAUSE: Text(en="pausing", ja="一時停止"),
    PlayerCommand.RESUME: Text(en="resuming", ja="再開"),
    PlayerCommand.SKIP: Text(en="skipping", ja="スキップ"),
    PlayerCommand.PREVIOUS: Text(en="going back", ja="前の曲に戻ること"),
    PlayerCommand.STOP: Text(en="stopping", ja="停止"),
    PlayerCommand.SEEK: Text(en="seeking", ja="再生位置の変更"),
    PlayerCommand.VOLUME: Text(en="changing the volume", ja="音量の変更"),
    PlayerCommand.LOOP: Text(en="changing the loop", ja="ループの変更"),
    PlayerCommand.SHUFFLE: Text(en="shuffling", ja="シャッフル"),
    PlayerCommand.MOVE: Text(en="moving a track", ja="曲の移動"),
    PlayerCommand.REMOVE: Text(en="removing a track", ja="曲の削除"),
    PlayerCommand.CLEAR: Text(en="emptying the queue", ja="キューを空にすること"),
    PlayerCommand.AUTOPLAY: Text(en="changing autoplay", ja="自動再生の変更"),
}
"""What a vote is about: every order that one alone may not give."""


def title_of(track: Track) -> str:
    """A track's title in a sentence of ours."""
    return escape(track.title or track.url, most=LONGEST_TITLE) or "?"


def not_playable(track: Track, failure: SourceFailure) -> Text:
    """That a track cannot be played, and why."""
    return NOT_PLAYABLE.filled(title=title_of(track), reason=REASONS[failure])
