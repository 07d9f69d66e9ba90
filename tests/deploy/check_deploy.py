#!/usr/bin/env python3
"""check_deploy.py SOURCE FUZZMILL: what deploy/ names exists.

Every `fuzzmill` command line in the Dockerfile, compose.yml and the systemd units is held against the --help of the
real program, every FUZZMILL_ variable too, and every path of the source tree, service and volume against what is there.
"""

import os
import re
import shlex
import subprocess
import sys

try:
    import yaml
except ImportError:
    print("skipped: no module yaml here (Debian's package python3-yaml)")
    sys.exit(77)

OWN_VARIABLE = re.compile(r"\bFUZZMILL_[A-Z_]+\b")


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def joined_lines(text):
    """The lines of a text without comments, continued ones made one."""
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return re.sub(r"\\\n\s*", " ", kept).splitlines()


class Program:
    """The real fuzzmill, asked only for its help."""

    def __init__(self, path):
        self.path = path
        self.helps = {}

    def help(self, *command):
        if command not in self.helps:
            run = subprocess.run([self.path, *command, "--help"], capture_output=True, text=True, timeout=60)
            self.helps[command] = run.stdout + run.stderr if run.returncode == 0 else None
        return self.helps[command]

    def faults(self, words):
        """What is wrong with one command line, without the leading `fuzzmill`."""
        command = [word for word in words[:1] if not word.startswith("-")]
        text = self.help(*command)
        if text is None:
            return [f"no command '{' '.join(command)}'"]
        rest = words[len(command):]
        before_options = [index for index, word in enumerate(rest) if word.startswith("--")] or [len(rest)]
        # Actions, stages: a command's help names each that it knows.
        named = rest[: before_options[0]] + [word.split("=")[0] for word in rest if word.startswith("--")]
        return [f"'{' '.join(command)}' knows no {word}" for word in named
                if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)]


def docker_commands(text):
    for line in joined_lines(text):
        form = re.match(r"(?:CMD|HEALTHCHECK\s.*?CMD)\s+(\[.*\])$", line)
        if form:
            words = yaml.safe_load(form.group(1))
            yield "Dockerfile", words[1:] if words[0] == "fuzzmill" else words


def compose_commands(compose):
    for name, service in compose["services"].items():
        if service.get("entrypoint", ["fuzzmill"]) == ["fuzzmill"]:
            yield f"compose service {name}", service["command"]


def unit_commands(folder, stages):
    for name in sorted(os.listdir(folder)):
        for line in joined_lines(read(folder, name)) if name.endswith(".service") else ():
            if re.match(r"Exec\w+=/usr/bin/fuzzmill ", line):
                for stage in stages if "%i" in line else [""]:
                    yield name, shlex.split(line.split("=", 1)[1].replace("%i", stage))[1:]


def command_faults(program, commands):
    for where, words in commands:
        for fault in program.faults(words):
            yield f"{where}: {fault}"


def variable_faults(program, texts, commands):
    for _, words in commands:
        if words and not words[0].startswith("-"):
            program.faults(words)
    helps = "".join(text or "" for text in program.helps.values())
    # Every option --a-b is read from FUZZMILL_A_B too; a secret has the variable alone.
    known = {"FUZZMILL_" + flag.upper().replace("-", "_") for flag in re.findall(r"--([a-z][a-z-]*)", helps)}
    known.update(OWN_VARIABLE.findall(helps))
    for where, text in texts.items():
        lines = [line for line in joined_lines(text.replace("\n#FUZZ", "\nFUZZ")) if "-DFUZZMILL" not in line]
        for variable in sorted(set(OWN_VARIABLE.findall("\n".join(lines))) - known):
            yield f"{where}: no command reads {variable}"


def docker_path_faults(source, text):
    for line in joined_lines(text):
        if line.startswith("COPY ") and "--from=" not in line:
            for path in line.split()[1:-1]:
                if not os.path.exists(os.path.join(source, path)):
                    yield f"Dockerfile: nothing at {path} to copy"


def compose_faults(folder, compose, stages):
    services, volumes = compose["services"], compose["volumes"]
    for stage in sorted(set(stages) - set(services)):
        yield f"compose: stage {stage} has no service"
    for name, service in services.items():
        build = service["build"]
        if not os.path.isfile(os.path.join(folder, build["context"], build["dockerfile"])):
            yield f"compose service {name}: no {build['dockerfile']}"
        for needed in service.get("depends_on", {}):
            if needed not in services:
                yield f"compose service {name}: depends on no service {needed}"
        for volume in service.get("volumes", []):
            origin = volume.split(":")[0]
            there = os.path.exists(os.path.join(folder, origin)) if origin.startswith(".") else origin in volumes
            if not there:
                yield f"compose service {name}: no volume {origin}"


def package_faults(text):
    """Each line of packages.txt: a group, a package, a reason, and no package twice."""
    seen = set()
    for line in text.splitlines():
        if line and not line.startswith("#"):
            fields = line.split(None, 2)
            if len(fields) != 3 or fields[0] not in {"build", "fuzz", "test", "lint"}:
                yield f"packages.txt: want GROUP PACKAGE REASON: {line}"
            elif fields[1] in seen:
                yield f"packages.txt: {fields[1]} stands there twice"
            else:
                seen.add(fields[1])


def stage_names(folder):
    """Each folder of workers/ with code in it is a stage."""
    return sorted(path for path, _, files in os.walk(folder) for path in [os.path.relpath(path, folder)]
                  if "/" not in path and path != "." and any(file.endswith(".cc") for file in files))


def main():
    source, fuzzmill = sys.argv[1:]
    deploy, units = os.path.join(source, "deploy"), os.path.join(source, "deploy/systemd")
    dockerfile, compose_text = read(deploy, "Dockerfile"), read(deploy, "compose.yml")
    compose = yaml.safe_load(compose_text)
    program = Program(fuzzmill)
    stages = stage_names(os.path.join(source, "workers"))

    commands = [*docker_commands(dockerfile), *compose_commands(compose), *unit_commands(units, stages)]
    texts = {"Dockerfile": dockerfile, "compose.yml": compose_text}
    texts.update({name: read(units, name) for name in os.listdir(units)})
    faults = [
        *command_faults(program, commands), *variable_faults(program, texts, commands),
        *docker_path_faults(source, dockerfile), *compose_faults(deploy, compose, stages),
        *package_faults(read(deploy, "packages.txt")),
    ]
    if len(commands) < 2 + len(stages):
        faults.append(f"only {len(commands)} command lines found: this check reads too little")
    for fault in faults:
        print(fault)
    print(f"deploy: {len(commands)} command lines, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
