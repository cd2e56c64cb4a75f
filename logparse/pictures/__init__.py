"""Pictures of terminals as text: the characters of each line, how clear each is, and where it is in the picture."""

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
    "Line",
    "MissingPackagesError",
    "NotATerminalError",
    "Picture",
    "UnreadablePictureError",
    "is_picture",
    "read",
]
