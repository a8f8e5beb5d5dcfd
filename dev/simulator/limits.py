"""Discord's numbers, in one place. Lengths are Unicode code points, as Discord counts them.

Source: Discord's API documentation, and for the way of counting
https://github.com/discord/discord-api-docs/issues/1315.
"""

from __future__ import annotations

from typing import Final

FIRST_RESPONSE_SECONDS: Final = 3.0
TOKEN_LIFETIME_SECONDS: Final = 15 * 60

CONTENT: Final = 2000
EMBEDS: Final = 10
EMBED_TOTAL: Final = 6000
EMBED_TITLE: Final = 256
EMBED_DESCRIPTION: Final = 4096
EMBED_FIELDS: Final = 25
EMBED_FIELD_NAME: Final = 256
EMBED_FIELD_VALUE: Final = 1024
EMBED_FOOTER: Final = 2048
EMBED_AUTHOR: Final = 256
MENTIONED_IDS: Final = 100
ATTACHMENTS: Final = 10
ATTACHMENT_BYTES: Final = 10 * 1024 * 1024

ACTION_ROWS: Final = 5
ROW_BUTTONS: Final = 5
COMPONENTS_V2: Final = 40
COMPONENTS_V2_TEXT: Final = 4000
CUSTOM_ID: Final = 100
BUTTON_LABEL: Final = 80
BUTTON_URL: Final = 512
SELECT_OPTIONS: Final = 25
SELECT_OPTION_TEXT: Final = 100
SELECT_PLACEHOLDER: Final = 150
SECTION_TEXTS: Final = 3

MODAL_TITLE: Final = 45
MODAL_COMPONENTS: Final = 5
TEXT_INPUT: Final = 4000
TEXT_INPUT_LABEL: Final = 45
TEXT_INPUT_PLACEHOLDER: Final = 100
LABEL_DESCRIPTION: Final = 100

COMMAND_NAME: Final = 32
COMMAND_DESCRIPTION: Final = 100
COMMAND_OPTIONS: Final = 25
COMMAND_TOTAL: Final = 8000
CHOICES: Final = 25
CHOICE_TEXT: Final = 100
SLASH_COMMANDS: Final = 100
USER_COMMANDS: Final = 15
MESSAGE_COMMANDS: Final = 15
STRING_OPTION: Final = 6000
LARGEST_INTEGER: Final = 2**53

USER_INSTALL_FOLLOW_UPS: Final = 5
WEBHOOK_BUCKET_REQUESTS: Final = 5
WEBHOOK_BUCKET_SECONDS: Final = 2.0
