"""The project: settings, the timetable, the console's frame, the address of every page. Nothing imports it."""
