"""A Go module with more packages than one person reads."""

from pathlib import Path

_HANDLER = """
func Handle{n}(w http.ResponseWriter, r *http.Request) error {{
	path := filepath.Join(folder{at}, "item{n}.json")
	file, err := os.Open(path)
	if err != nil {{
		return fmt.Errorf("open %s: %w", path, err)
	}}
	defer file.Close()
	for name, count := range map[string]int{{"a": 1, "b": 2}} {{
		fmt.Fprintf(w, "%s: %d", name, count*2+len(name))
	}}
	return nil
}}
"""
_HEAD = """package {package}

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
)

const folder{at} = "data"
"""
_EACH = 50
"""Files in a package, each with four functions."""


def many_packages(packages: int, imported: int) -> dict[str, str]:
    """Return the files of a program that imports the first packages of its module; each opens 200 files by name."""
    names = [f"p{number}" for number in range(imported)]
    imports = "".join(f'\t"example.com/app/{name}"\n' for name in names)
    calls = "".join(f"\t{name}.Handle{number * _EACH * 4}(nil, nil)\n" for number, name in enumerate(names))
    files = {
        "go.mod": "module example.com/app\n\ngo 1.27\n",
        "main.go": f"package main\n\nimport (\n{imports})\n\nfunc main() {{\n{calls}}}\n",
    }
    for at in range(packages * _EACH):
        package = f"p{at // _EACH}"
        functions = "".join(_HANDLER.format(at=at, n=at * 4 + one) for one in range(4))
        files[f"{package}/a{at}.go"] = _HEAD.format(package=package, at=at) + functions
    return files


def write(files: dict[str, str], folder: Path) -> None:
    """Write them below a folder."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
