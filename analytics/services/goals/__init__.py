"""Goals: `reading` says where units stand to theirs, `sharing_out` gives the units below their part."""
