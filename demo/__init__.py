"""The fictional country Kalvoria: its generator, and local servers that play KoBo and HDX; nothing imports it."""
