"""Clean and derive: functions from frames to frames."""
