"""Tools over MCP that answer what they should not, or whom."""

from dataclasses import replace

from app.contract import tools
from app.mcp import calls, door
from gate.mutants.planting import instead_of, killed_by, put_in_place


@killed_by("test_mcp.py::test_a_refusal_is_a_result_that_says_so")
def a_refusal_looks_like_a_result() -> None:
    """The refusal of a tool's call is not marked as an error."""

    @instead_of(calls, "_refused")
    def refused(original, envelope):
        return replace(original(envelope), is_refusal=False)


@killed_by("test_mcp.py::test_a_page_of_another_origin_may_not_call_tools")
def any_web_page_may_call_tools() -> None:
    """The Origin and the Host of a message are not checked."""

    @instead_of(door.McpDoor, "_refuse_strangers")
    def refuse_strangers(original, self, headers):
        return None


@killed_by("test_mcp.py::test_the_tools_are_those_of_the_contract")
def a_tool_is_missing() -> None:
    """The list of tools lacks one."""

    @instead_of(tools, "project")
    def project(original, contract, platform, **options):
        return original(contract, platform, **options)[1:]


@killed_by("test_mcp.py::test_a_call_stands_in_its_trace_as_one_over_mcp")
def calls_come_from_chatgpt() -> None:
    """The call of a tool over MCP is noted as one of ChatGPT's."""

    put_in_place(calls, "PLATFORM", "openai")
