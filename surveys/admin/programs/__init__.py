"""Programs and their versions: drafted, compared, approved by two, published once and never changed again."""

from surveys.admin.programs import approvals, program, version

__all__ = ["approvals", "program", "version"]
