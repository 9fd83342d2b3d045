"""The HTTP API (extra `[api]`): what apps and scripts of the shop's pages call. Nothing else imports it."""
