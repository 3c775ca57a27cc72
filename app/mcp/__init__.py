"""The MCP server: the contract's actions as tools, each call through the same chain as any other request."""
