"""Message components held to Discord's rules: which stand where, how many, how long.

Source: https://docs.discord.com/developers/components/reference
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from dev.simulator import limits
from dev.simulator.errors import FormErrors, JsonObject, Path
from dev.simulator.fields import check_choice, check_integer, check_objects, check_text


class ComponentType(IntEnum):
    """Discord's component types, by their numbers."""

    ACTION_ROW = 1
    BUTTON = 2
    STRING_SELECT = 3
    TEXT_INPUT = 4
    USER_SELECT = 5
    ROLE_SELECT = 6
    MENTIONABLE_SELECT = 7
    CHANNEL_SELECT = 8
    SECTION = 9
    TEXT_DISPLAY = 10
    THUMBNAIL = 11
    MEDIA_GALLERY = 12
    FILE = 13
    SEPARATOR = 14
    CONTAINER = 17
    LABEL = 18
    FILE_UPLOAD = 19


class ButtonStyle(IntEnum):
    """Discord's button styles."""

    PRIMARY = 1
    SECONDARY = 2
    SUCCESS = 3
    DANGER = 4
    LINK = 5
    PREMIUM = 6


T = ComponentType
SELECTS: Final = (
    T.STRING_SELECT,
    T.USER_SELECT,
    T.ROLE_SELECT,
    T.MENTIONABLE_SELECT,
    T.CHANNEL_SELECT,
)
IN_CONTAINER: Final = (
    T.ACTION_ROW,
    T.SECTION,
    T.TEXT_DISPLAY,
    T.MEDIA_GALLERY,
    T.FILE,
    T.SEPARATOR,
)
TOP_LEVEL_V2: Final = (*IN_CONTAINER, T.CONTAINER)
IN_ROW: Final = (T.BUTTON, *SELECTS)
IN_LABEL: Final = (T.TEXT_INPUT, *SELECTS, T.FILE_UPLOAD)
IN_MODAL: Final = (T.LABEL, T.ACTION_ROW, T.TEXT_DISPLAY)
LARGEST_COMPONENT_ID: Final = 2**31 - 1


@dataclass(slots=True)
class ComponentCheck:
    """One walk over a tree of components; counts what is limited over the whole of it."""

    form: FormErrors
    in_modal: bool = False
    custom_ids: set[str] = field(default_factory=set)
    ids: set[int] = field(default_factory=set)
    count: int = 0
    text_length: int = 0

    def one_of(self, component: JsonObject, path: Path, allowed: tuple[ComponentType, ...]) -> None:
        """Checks a component, which must be of one of the allowed types, and all it holds."""
        self.count += 1
        if not check_choice(
            component.get("type"), form=self.form, path=(*path, "type"), among=[*map(int, allowed)]
        ):
            return
        self._check_id(component, path)
        rules: dict[ComponentType, Callable[[JsonObject, Path], None]] = {
            T.ACTION_ROW: self._action_row,
            T.BUTTON: self._button,
            T.TEXT_INPUT: self._text_input,
            T.SECTION: self._section,
            T.TEXT_DISPLAY: self._text_display,
            T.CONTAINER: self._container,
            T.LABEL: self._label,
        }
        kind = ComponentType(component["type"])
        if kind in SELECTS:
            self._select(component, path)
        elif kind in rules:
            rules[kind](component, path)

    def _check_id(self, component: JsonObject, path: Path) -> None:
        given = component.get("id")
        if given is None:
            return
        number = check_integer(
            given, form=self.form, path=(*path, "id"), minimum=0, maximum=LARGEST_COMPONENT_ID
        )
        if number and number in self.ids:
            self.form.add(
                (*path, "id"),
                code="COMPONENT_ID_DUPLICATED",
                message="Component id cannot be duplicated",
            )
        if number:
            self.ids.add(number)

    def _custom_id(self, component: JsonObject, path: Path) -> None:
        path = (*path, "custom_id")
        text = check_text(
            component.get("custom_id"),
            form=self.form,
            path=path,
            minimum=1,
            maximum=limits.CUSTOM_ID,
        )
        if text is None:
            return
        if text in self.custom_ids:
            self.form.add(
                path,
                code="COMPONENT_CUSTOM_ID_DUPLICATED",
                message="Component custom id cannot be duplicated",
            )
        self.custom_ids.add(text)

    def _optional_text(self, component: JsonObject, path: Path, **maxima: int) -> None:
        for name, maximum in maxima.items():
            if component.get(name) is not None:
                check_text(component[name], form=self.form, path=(*path, name), maximum=maximum)

    def _action_row(self, row: JsonObject, path: Path) -> None:
        path = (*path, "components")
        children = check_objects(
            row.get("components"),
            form=self.form,
            path=path,
            minimum=1,
            maximum=1 if self.in_modal else limits.ROW_BUTTONS,
        )
        for index, child in enumerate(children):
            self.one_of(child, (*path, index), (T.TEXT_INPUT,) if self.in_modal else IN_ROW)
        if len(children) > 1 and any(child.get("type") in SELECTS for child in children):
            self.form.add(
                path,
                code="COMPONENT_LAYOUT_WIDTH_EXCEEDED",
                message="The specified component exceeds the maximum width",
            )

    def _button(self, button: JsonObject, path: Path) -> None:
        if not check_choice(
            button.get("style"),
            form=self.form,
            path=(*path, "style"),
            among=[*map(int, ButtonStyle)],
        ):
            return
        self._optional_text(button, path, label=limits.BUTTON_LABEL)
        style = ButtonStyle(button["style"])
        required = {ButtonStyle.LINK: "url", ButtonStyle.PREMIUM: "sku_id"}.get(style, "custom_id")
        for name in {"url", "sku_id", "custom_id"} - {required}:
            if button.get(name) is not None:
                self.form.add(
                    path,
                    code="BUTTON_COMPONENT_INVALID_FIELD",
                    message=f"A button of this style cannot have {name}",
                )
        if required == "custom_id":
            self._custom_id(button, path)
        elif required == "url":
            check_text(
                button.get("url"),
                form=self.form,
                path=(*path, "url"),
                minimum=1,
                maximum=limits.BUTTON_URL,
            )
        if style is not ButtonStyle.PREMIUM and not button.get("label") and not button.get("emoji"):
            self.form.add(
                path,
                code="BUTTON_COMPONENT_MUST_HAVE_LABEL_OR_EMOJI",
                message="A button must have a label or an emoji",
            )

    def _select(self, select: JsonObject, path: Path) -> None:
        self._custom_id(select, path)
        self._optional_text(select, path, placeholder=limits.SELECT_PLACEHOLDER)
        for name, minimum in (("min_values", 0), ("max_values", 1)):
            if select.get(name) is not None:
                check_integer(
                    select[name],
                    form=self.form,
                    path=(*path, name),
                    minimum=minimum,
                    maximum=limits.SELECT_OPTIONS,
                )
        if select["type"] == T.STRING_SELECT:
            self._select_options(select, (*path, "options"))

    def _select_options(self, select: JsonObject, path: Path) -> None:
        values: set[str] = set()
        options = check_objects(
            select.get("options"),
            form=self.form,
            path=path,
            minimum=1,
            maximum=limits.SELECT_OPTIONS,
        )
        for index, option in enumerate(options):
            for name in ("label", "value"):
                check_text(
                    option.get(name),
                    form=self.form,
                    path=(*path, index, name),
                    minimum=1,
                    maximum=limits.SELECT_OPTION_TEXT,
                )
            self._optional_text(option, (*path, index), description=limits.SELECT_OPTION_TEXT)
            if option.get("value") in values:
                self.form.add(
                    (*path, index, "value"),
                    code="SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                    message="The specified option value is already used",
                )
            values.add(str(option.get("value")))

    def _text_input(self, text_input: JsonObject, path: Path) -> None:
        self._custom_id(text_input, path)
        check_choice(text_input.get("style"), form=self.form, path=(*path, "style"), among=(1, 2))
        self._optional_text(
            text_input,
            path,
            label=limits.TEXT_INPUT_LABEL,
            placeholder=limits.TEXT_INPUT_PLACEHOLDER,
            value=limits.TEXT_INPUT,
        )
        for name, minimum in (("min_length", 0), ("max_length", 1)):
            if text_input.get(name) is not None:
                check_integer(
                    text_input[name],
                    form=self.form,
                    path=(*path, name),
                    minimum=minimum,
                    maximum=limits.TEXT_INPUT,
                )

    def _text_display(self, display: JsonObject, path: Path) -> None:
        text = check_text(
            display.get("content"),
            form=self.form,
            path=(*path, "content"),
            minimum=1,
            maximum=limits.COMPONENTS_V2_TEXT,
        )
        self.text_length += len(text or "")

    def _section(self, section: JsonObject, path: Path) -> None:
        texts = check_objects(
            section.get("components"),
            form=self.form,
            path=(*path, "components"),
            minimum=1,
            maximum=limits.SECTION_TEXTS,
        )
        for index, text in enumerate(texts):
            self.one_of(text, (*path, "components", index), (T.TEXT_DISPLAY,))
        accessory = section.get("accessory")
        if isinstance(accessory, dict):
            self.one_of(accessory, (*path, "accessory"), (T.BUTTON, T.THUMBNAIL))
        else:
            self.form.required((*path, "accessory"))

    def _container(self, container: JsonObject, path: Path) -> None:
        children = check_objects(
            container.get("components"),
            form=self.form,
            path=(*path, "components"),
            minimum=1,
            maximum=limits.COMPONENTS_V2,
        )
        for index, child in enumerate(children):
            self.one_of(child, (*path, "components", index), IN_CONTAINER)

    def _label(self, label: JsonObject, path: Path) -> None:
        check_text(
            label.get("label"),
            form=self.form,
            path=(*path, "label"),
            minimum=1,
            maximum=limits.TEXT_INPUT_LABEL,
        )
        self._optional_text(label, path, description=limits.LABEL_DESCRIPTION)
        inner = label.get("component")
        if isinstance(inner, dict):
            self.one_of(inner, (*path, "component"), IN_LABEL)
        else:
            self.form.required((*path, "component"))


def check_components(value: object, *, form: FormErrors, v2: bool) -> None:
    """Checks a message's `components`: action rows alone, or with `v2` the newer layout."""
    path: Path = ("components",)
    top = check_objects(
        value,
        form=form,
        path=path,
        maximum=limits.COMPONENTS_V2 if v2 else limits.ACTION_ROWS,
    )
    check = ComponentCheck(form)
    for index, component in enumerate(top):
        check.one_of(component, (*path, index), TOP_LEVEL_V2 if v2 else (T.ACTION_ROW,))
    if v2 and check.count > limits.COMPONENTS_V2:
        form.add(
            path,
            code="COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
            message=f"The maximum number of components is {limits.COMPONENTS_V2}",
        )
    if v2 and check.text_length > limits.COMPONENTS_V2_TEXT:
        form.add(
            path,
            code="COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
            message=f"Displayable text must be {limits.COMPONENTS_V2_TEXT} or fewer in length.",
        )


def check_modal(data: JsonObject, *, form: FormErrors) -> None:
    """Checks the data of a modal callback."""
    for name, maximum in (("custom_id", limits.CUSTOM_ID), ("title", limits.MODAL_TITLE)):
        check_text(data.get(name), form=form, path=("data", name), minimum=1, maximum=maximum)
    path: Path = ("data", "components")
    top = check_objects(
        data.get("components"), form=form, path=path, minimum=1, maximum=limits.MODAL_COMPONENTS
    )
    check = ComponentCheck(form, in_modal=True)
    for index, component in enumerate(top):
        check.one_of(component, (*path, index), IN_MODAL)


def number_components(components: list[JsonObject]) -> None:
    """Gives every component without an id the next free one, as Discord does (in place)."""
    everyone: list[JsonObject] = []

    def gather(component: JsonObject) -> None:
        everyone.append(component)
        for name in ("component", "accessory"):
            if isinstance(component.get(name), dict):
                gather(component[name])
        for child in component.get("components") or ():
            gather(child)

    for component in components:
        gather(component)
    taken = {component["id"] for component in everyone if component.get("id")}
    free = (number for number in range(1, len(everyone) + len(taken) + 1) if number not in taken)
    for component in everyone:
        if not component.get("id"):
            component["id"] = next(free)
