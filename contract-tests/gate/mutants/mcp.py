"""Tools over MCP that answer what they should not, or whom, or forget who asked."""

from app.contract import tools
from app.http import platforms, security
from app.mcp import calls, door, messages, passage, server
from gate.mutants.planting import instead_of, killed_by, put_in_place


@killed_by("test_mcp.py::test_a_refusal_is_a_result_that_says_so")
def a_refusal_looks_like_a_result() -> None:
    """The refusal of a tool's call is not marked as an error."""

    @instead_of(calls, "_refused")
    def refused(original, envelope):
        return original(envelope)._replace(is_refusal=False)


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


@killed_by("test_mcp.py::test_a_refusal_is_a_result_that_says_so[plain]")
def a_plain_refusal_looks_like_a_result() -> None:
    """A refusal is not marked as an error where a call is answered without the package."""

    @instead_of(messages, "answer")
    def answer(original, call, answered, *, server):
        return original(call, answered._replace(is_refusal=False), server=server)


@killed_by("test_mcp.py::test_a_refusal_is_a_result_that_says_so[by the package]")
def a_refusal_by_the_package_looks_like_a_result() -> None:
    """A refusal is not marked as an error where the package answers a call."""

    @instead_of(server, "_result")
    def result(original, answered):
        return original(answered._replace(is_refusal=False))


@killed_by("test_mcp.py::test_a_call_stands_in_its_trace_as_one_over_mcp[plain]")
def answers_bear_the_number_one() -> None:
    """A plain call's answer has the number 1, whichever the call had."""

    @instead_of(messages, "answer")
    def answer(original, call, answered, *, server):
        return original(call._replace(id=1), answered, server=server)


@killed_by("test_mcp.py::test_a_call_stands_in_its_trace_as_one_over_mcp[plain]")
def calls_leave_their_key_behind() -> None:
    """The key of a message is not passed on, so that whoever calls a tool is nobody."""
    _pass_on_all_but(b"authorization")


@killed_by("test_mcp.py::test_a_key_calls_no_tool_that_it_may_not[plain]")
def a_tool_asks_for_no_rights() -> None:
    """A key may call every tool, whatever it may do elsewhere."""

    @instead_of(security, "permit")
    def permit(original, exchange, operation):
        return None


@killed_by("test_mcp.py::test_a_call_that_is_made_again_does_nothing_again[plain]")
def calls_leave_their_idempotency_key_behind() -> None:
    """The Idempotency-Key of a message is not passed on: a call that is sent again counts as another."""
    _pass_on_all_but(b"idempotency-key")


@killed_by("test_mcp.py::test_whom_chatgpt_names_beside_a_call_stands_in_its_trace[openai/session-plain]")
def what_is_said_beside_a_plain_call_is_lost() -> None:
    """The `_meta` of a call is not read where it is answered without the package."""

    @instead_of(door, "plain_call")
    def plain_call(original, sent, headers):
        call = original(sent, headers)
        return call and call._replace(meta={})


@killed_by(
    "test_mcp.py::test_whom_chatgpt_names_beside_a_call_stands_in_its_trace[openai/session-by the package]"
)
def what_is_said_beside_a_call_is_lost() -> None:
    """Neither person nor conversation is passed on from the `_meta` of a message."""

    @instead_of(platforms, "headers_of")
    def headers_of(original, meta):
        return []


@killed_by("test_mcp.py::test_whom_chatgpt_names_beside_a_call_stands_in_its_trace[openai/subject-plain]")
def chatgpts_person_is_nobody() -> None:
    """The names that ChatGPT has for a person are not known."""

    @instead_of(platforms, "persons")
    def persons(original, headers):
        return []


@killed_by("test_mcp.py::test_whom_chatgpt_names_beside_a_call_stands_in_its_trace[openai/session-plain]")
def chatgpts_conversation_is_none() -> None:
    """The header in which ChatGPT names a conversation is not known, only the contract's own."""
    put_in_place(platforms, "_CONVERSATIONS", (b"conversation-id",))


@killed_by("test_traces.py::test_the_conversation_that_an_action_belongs_to_stands_in_its_trace[anthropic]")
def conversations_have_no_name() -> None:
    """The Conversation-Id that an action comes with is not traced."""

    @instead_of(platforms, "conversation")
    def conversation(original, headers):
        return None


def _pass_on_all_but(header: bytes) -> None:
    put_in_place(passage, "_PASSED_ON", passage._PASSED_ON - {header})
