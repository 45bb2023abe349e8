"""Each job from start to end; the only place where the stages meet."""
