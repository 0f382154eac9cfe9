"""Files of rows: `load_file` takes one in, a stretch at a time, whatever its size; see `running.py`.

`sources` looks at the file as a whole, `records` cuts it into rows, `layouts` says which column is which field, `kinds`
which kinds there are, `rejects` writes down what could not be taken.
"""

from common.csv_files import Unreadable
from crm.services.loading.kinds import LoadKind, Refused, kind_named, kinds, register
from crm.services.loading.rejects import reject_file_of
from crm.services.loading.running import load_file

__all__ = ["LoadKind", "Refused", "Unreadable", "kind_named", "kinds", "load_file", "register", "reject_file_of"]
