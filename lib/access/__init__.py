"""Who gets in: links, codes, the passcode, sign-in, and limits on wrong attempts."""
