"""cannot be imported
reason: ModuleNotFoundError: No module named 'acme_tokens'"""

from __future__ import annotations

from acme_tokens import GRAMMAR

__all__ = ["GRAMMAR"]
