"""Bad input: every error says what is wrong and what to do, and leaves nothing modified."""
