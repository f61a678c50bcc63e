"""The district's school time: on which days and hours school is open, and when a clock that runs in it ends."""
