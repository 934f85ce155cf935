//! `list -m -f`: the part of text/template that modules are listed with.

use larder_testkit::differential::Story;

const APP: &str = "module example.com/app\n\ngo 1.21\n\nrequire (\n\texample.com/a v1.0.0\n\t\
                   example.com/b v1.0.0 // indirect\n\texample.com/c v1.0.0 // indirect\n)\n\nreplace \
                   example.com/c => example.com/c v1.1.0\n";
const SUMS: &str = "$SUM(example.com/a@v1.0.0)\n$SUM(example.com/b@v1.0.0)\n$SUM(example.com/\
                    c@v1.1.0)\n";

pub(crate) fn stories() -> Vec<Story> {
    const TEMPLATES: [(&str, &str); 27] = [
        ("a field is shown", "{{.Path}}"),
        ("text and fields are mixed", "<{{.Path}}> {{.Version}}!"),
        ("a bool is shown", "{{.Path}} {{.Main}} {{.Indirect}}"),
        ("a nil is shown", "{{.Replace}}"),
        (
            "if chooses",
            "{{if .Main}}main{{else if .Indirect}}indirect{{else}}direct{{end}} {{.Path}}",
        ),
        ("with goes into a field", "{{.Path}}{{with .Replace}} => {{.Path}} {{.Version}}{{end}}"),
        ("with has an else", "{{with .Replace}}{{.Version}}{{else}}none{{end}}"),
        ("range goes over versions", "{{range .Versions}}[{{.}}]{{end}}"),
        (
            "range has an else and an index",
            "{{range $i, $v := .Versions}}{{$i}}{{$v}}{{else}}none{{end}}",
        ),
        ("a time is formatted", "{{.Path}} {{with .Time}}{{.Format \"2006-01-02 15:04\"}}{{end}}"),
        ("a time is shown", "{{.Time}}"),
        ("words are joined", "{{join .Versions \", \"}}"),
        ("printf formats", "{{printf \"%-20s|%q|%v\" .Path .Version .Main}}"),
        ("print and println", "{{print .Path .Main 3}}{{println .Version 4}}"),
        (
            "comparisons compare",
            "{{if eq .Path \"example.com/a\" \"example.com/b\"}}yes{{end}}{{if ne .Path \"x\"}}ne{{end}}{{if lt 1 2}}lt{{end}}",
        ),
        (
            "and, or and not",
            "{{if and .Indirect (not .Main)}}and{{end}}{{if or .Main .Indirect}}or{{end}}{{not true}}",
        ),
        ("len and index", "{{len .Path}} {{with .Versions}}{{index . 0}}{{end}}"),
        ("white space is trimmed", "a {{- .Path -}} b{{/* a comment */}}c"),
        ("a variable is kept", "{{$p := .Path}}{{with .Replace}}{{$p}}->{{.Path}}{{end}}"),
        ("a pipe passes on", "{{.Path | printf \"%s=%s\" \"p\"}}"),
        ("quotes and escapes", "{{\"a\\tb\"}}{{`raw`}}{{1}}{{1.5}}{{nil | print}}"),
        ("an unknown field is an error", "{{.Nonsense}}"),
        ("an unknown function is an error", "{{nonsense .Path}}"),
        ("an open action is an error", "{{.Path"),
        ("an end without a beginning is an error", "{{end}}"),
        ("a field of nothing is an error", "{{.Replace.Path}}"),
        ("an empty template prints empty lines", ""),
    ];
    TEMPLATES
        .into_iter()
        .map(|(name, template)| {
            let story = Story::new(name).file("go.mod", APP).file("go.sum", SUMS);
            story
                .run(&format!("list -m -f '{template}' all"))
                .run(&format!("list -m -versions -f '{template}' example.com/c"))
        })
        .collect()
}
