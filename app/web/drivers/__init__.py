"""What drivers see on their phones."""
