"""Pictures of terminals as text: the characters of each line, how clear each is, and where it is in the picture."""

from logparse.pictures.cut_outs import CutOut, cut_outs
from logparse.pictures.lines import CLEAR, Box, Line, NotATerminalError
from logparse.pictures.picture import (
    MissingPackagesError,
    Picture,
    UnreadablePictureError,
    is_picture,
    read,
)

__all__ = [
    "CLEAR",
    "Box",
    "CutOut",
    "Line",
    "MissingPackagesError",
    "NotATerminalError",
    "Picture",
    "UnreadablePictureError",
    "cut_outs",
    "is_picture",
    "read",
]
