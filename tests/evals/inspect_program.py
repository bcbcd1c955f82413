"""Run by a Python that has Inspect AI: two samples with a model that says what a list has for it; prints what came out as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from inspect_ai import eval as inspect_eval
from inspect_ai.model import ModelOutput, ModelUsage, get_model

sys.path.insert(0, str(Path(__file__).parents[2] / "evals"))
from inspect_task import writing_dockerfiles


def run(arm: str, outputs: list[ModelOutput], case: str, folder: str) -> dict[str, object]:
    model = get_model("mockllm/model", custom_outputs=outputs)
    task = writing_dockerfiles(arm=arm, case=case, build=False, today="2026-11-25")
    [log] = inspect_eval(task, model=model, log_dir=folder, display="none", log_level="error")
    assert log.status == "success" and log.samples, log.error
    [sample] = log.samples
    [score] = (sample.scores or {}).values()
    tools = [message.text for message in sample.messages if message.role == "tool"]
    return {"value": score.value, "explanation": score.explanation, "input": sample.input, "tools": tools}


def counted(output: ModelOutput) -> ModelOutput:
    output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)  # else it would be counted by a table from the network
    return output


def call(tool: str, **arguments: str) -> ModelOutput:
    return counted(ModelOutput.for_tool_call("mockllm/model", tool, arguments))


case, folder = sys.argv[1:]
look = call("bash", command="cd .agents/skills/writing-dockerfiles && ls && head -5 reference/go-dockerfiles.md")
skill = call("skill", command="writing-dockerfiles")
done = counted(ModelOutput.from_content("mockllm/model", "The Dockerfile is fine as it is."))
spoil = call("bash", command="echo '# spoiled' >> Dockerfile")
print(json.dumps([run("with", [skill, look, done], case, folder), run("without", [look, spoil, done], case, folder)]))
