//! The questions: files, how they are read, and what is changed in them.

/// A file, and what is done with it.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// `strict`, `lax`, `fix` or `work`.
    pub(crate) op: &'static str,
    pub(crate) file: Vec<u8>,
    /// None: the blocks are sorted.
    pub(crate) edits: Option<Vec<Vec<String>>>,
}

/// Files that somebody thought of.
const ODD: &[&str] = &[
    "",
    "\n",
    "// a\n",
    "// a\n\n// b\n",
    "module m",
    "module m // a",
    "module m // a\r\n",
    "module \"m\"\n",
    "module `m`\n",
    "module 'm'\n",
    "module m n\n",
    "module (\n\tm\n)\n",
    "module (\n\t// Deprecated: x\n\tm\n)\n",
    "// Deprecated: y\nmodule (\n\tm\n)\n",
    "// a\n// Deprecated: y\nmodule m\n",
    "// a\n//\n// Deprecated: y\n// z\n//\n// q\nmodule m // tail\n",
    "module\n",
    "module m\nmodule n\n",
    "go 1.21\ngo 1.22\n",
    "go (\n\t1.21\n)\n",
    "go \"1.21\"\n",
    "go 1\n",
    "go v1.21\n",
    "go 1.21.x\n",
    "go 1.21 1.22\n",
    "toolchain go1.21\ntoolchain default\n",
    "toolchain local\n",
    "godebug a=b\ngodebug c\n",
    "godebug (\n\ta=b\n\ta=c\n\t\"x=y\"\n)\n",
    "godebug a=b,c\n",
    "require a v1\n",
    "require a v1.2\n",
    "require a v1.2.3+meta\n",
    "require a v2.0.0+incompatible\n",
    "require a/v2 v2.0.0+incompatible\n",
    "require a \"v1.0.0\"\n",
    "require \"a\" v1.0.0\n",
    "require \"a b\" v1.0.0\n",
    "require a v1.0.0 // indirect\n",
    "require a v1.0.0 //indirect\n",
    "require a v1.0.0 // indirect; b\n",
    "require a v1.0.0 // indirect ; b\n",
    "require a v1.0.0 // indirect;b\n",
    "require a v1.0.0 // indirectly\n",
    "require a\n",
    "require a v1.0.0 b\n",
    "require gopkg.in/a v1.0.0\n",
    "require gopkg.in/a.v1 v0.0.0-20200101000000-abcdefabcdef\n",
    "require gopkg.in/a.v2-unstable v2.0.0\n",
    "require a/v1 v1.0.0\n",
    "require (\n",
    "require (\n\ta v1.0.0\n",
    "require (\n\ta v1.0.0\n) b\n",
    "require (\n\ta v1.0.0\n) // b\n",
    "require ( // x\n\ta v1.0.0 // y\n) // z\n// w\n",
    "require ()\n",
    "require () // x\n",
    "require ( ) a\n",
    "require ( a v1.0.0 )\n",
    "require (a\n",
    "require (\n\n\n\ta v1.0.0\n\n\n\tb v1.0.0\n\n)\n",
    "require (\n\ta v1.0.0\n\n\t// c\n)\n",
    "require (\n\t// c\n\n\ta v1.0.0\n)\n",
    "require (\n\ta v1.0.0\n)\nrequire (\n\tb v1.0.0\n)\n",
    "require x (\n\ta\n)\n",
    "unknown (\n\ta\n)\n",
    "unknown a b\n",
    "exclude a v1.0.0\nexclude a v1.0.0\n",
    "go 1.21\nexclude (\n\ta v1.10.0\n\ta v1.9.0\n)\n",
    "go 1.20\nexclude (\n\ta v1.10.0\n\ta v1.9.0\n)\n",
    "replace a => ../b\n",
    "replace a => b\n",
    "replace a => b@v1.0.0\n",
    "replace a => b v1.0.0\n",
    "replace a => ./b v1.0.0\n",
    "replace a => C:\\b\n",
    "replace a => \"../b c\"\n",
    "replace a v1.0.0 => ../b\nreplace a v1.0.0 => ../c\nreplace a => ../d\n",
    "replace a =>\n",
    "replace => b\n",
    "replace a/v1 => ../b\n",
    "replace a v2.0.0 => ../b\n",
    "retract v1.0.0\n",
    "retract [v1.0.0, v1.1.0]\n",
    "retract [v1.0.0,v1.1.0\n",
    "retract [v1.0.0\n",
    "retract [\n",
    "retract\n",
    "retract (\n\tv1.0.0\n\tv1.2.0\n\t[v1.3.0, v1.4.0]\n\t[v1.3.0, v1.5.0]\n)\n",
    "retract v1.0.0 v1.1.0\n",
    "retract \"v1.0.0\n",
    "retract 'v1.0.0'\n",
    "tool a\ntool a\ntool b c\n",
    "ignore ./a\nignore (\n\tb\n\ta\n)\n",
    "use ./a\nuse ./a\n",
    "go 1.21\nuse (\n\t./b\n\t./a\n)\n",
    "a \"b\\\nc\" // d\n",
    "// x\n\n\"b\\\nc\" // d\n",
    "a (\n\"b\\\nc\" // d\n)\n",
    "a /* b */\n",
    "a/* b */\n",
    "a \x07\n",
    "\u{feff}module m\n",
    "module m\u{a0}\n",
    "module caf\u{e9}\n",
    "\"module\" m\n",
    "module m\n\n\n\n\ngo 1.21\n",
    "module m\ngo 1.21\n// end\n",
    "module m\n// a\n\ngo 1.21\n",
    ")\n",
    "(\n",
    "( (\n\tx\n)\n",
    "[a, b] {c}\n",
];

pub(crate) fn by_hand() -> Vec<Question> {
    let of = |file: &&str| {
        ["strict", "lax", "fix", "work"].map(|op| Question {
            op,
            file: file.as_bytes().to_vec(),
            edits: None,
        })
    };
    ODD.iter().flat_map(of).collect()
}

pub(crate) fn random(count: u64) -> Vec<Question> {
    (1..=count).map(|seed| Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)).question()).collect()
}

/// A small generator of numbers (xorshift), so that a failure can be repeated.
struct Random(u64);

const PATHS: &[&str] = &[
    "a",
    "b",
    "c.d/e",
    "c.d/e/v2",
    "gopkg.in/x.v1",
    "f.g/h",
    "\"a\"",
    "\"q r\"",
    "f.g/Z",
    "k.l/m",
];
const VERSIONS: &[&str] = &[
    "v1.0.0",
    "v1.2.3",
    "v1.10.0",
    "v2.0.0",
    "v1",
    "v2.0.0+incompatible",
    "v0.9.0-pre",
    "v1.9.0",
    "v0.0.0-20200101000000-abcdefabcdef",
];
const ODDMENTS: &[&str] = &[
    "master", "gone", "\"", "`x`", "(", ")", "[", "]", ",", "=>", "'", "\\", "v0", "é", "\u{a0}",
    "x", "\"\\t\"", "{", "/", "/*", "\u{7}",
];
const COMMENTS: &[&str] = &[
    "// indirect",
    "// indirect; why",
    "//indirect",
    "// c",
    "//",
    "// Deprecated: no",
    "// \u{2003}d ",
];

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % bound
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    fn question(&mut self) -> Question {
        let op = self.pick(&["strict", "strict", "strict", "lax", "fix", "work"]);
        let wild = self.one_in(4);
        let mut file = Vec::new();
        for _ in 0..self.below(8) {
            self.statement(op == "work", wild, &mut file);
        }
        if wild && !file.is_empty() && self.one_in(3) {
            let at = self.below(file.len());
            file.truncate(at);
        }
        if wild && self.one_in(6) {
            let at = self.below(file.len() + 1);
            file.insert(at, b"\xff\xe9\"\n(/\t"[self.below(7)]);
        }
        // Nobody changes the files of dependencies.
        let edits = (op != "lax" && !self.one_in(3)).then(|| self.edits(op == "work"));
        Question { op, file, edits }
    }

    fn statement(&mut self, work: bool, wild: bool, file: &mut Vec<u8>) {
        for _ in 0..self.below(3) {
            self.comment_or_blank("", file);
        }
        let verbs: &[&str] = if work {
            &["go", "toolchain", "godebug", "use", "use", "replace", "replace"]
        } else {
            &[
                "module",
                "go",
                "toolchain",
                "godebug",
                "require",
                "require",
                "require",
                "require",
                "exclude",
                "replace",
                "retract",
                "tool",
                "ignore",
            ]
        };
        let verb = self.pick(verbs);
        let verb = if wild && self.one_in(12) { "future" } else { verb };
        let single = matches!(verb, "module" | "go" | "toolchain");
        if single || self.one_in(2) {
            let line = format!("{verb} {}", self.words(verb, wild));
            self.end_of_line(line, file);
            return;
        }
        self.end_of_line(format!("{verb} ("), file);
        for _ in 0..self.below(6) {
            self.comment_or_blank("\t", file);
            let line = format!("\t{}", self.words(verb, wild));
            self.end_of_line(line, file);
        }
        self.comment_or_blank("\t", file);
        self.end_of_line(")".to_owned(), file);
    }

    fn comment_or_blank(&mut self, indent: &str, file: &mut Vec<u8>) {
        match self.below(8) {
            0 => file.extend_from_slice(b"\n"),
            1 => file.extend_from_slice(format!("{indent}{}\n", self.pick(COMMENTS)).as_bytes()),
            _ => {}
        }
    }

    fn end_of_line(&mut self, mut line: String, file: &mut Vec<u8>) {
        if self.one_in(4) {
            line += " ";
            line += self.pick(COMMENTS);
        }
        line += if self.one_in(12) { "\r\n" } else { "\n" };
        file.extend_from_slice(line.as_bytes());
    }

    fn words(&mut self, verb: &str, wild: bool) -> String {
        if wild && self.one_in(6) {
            let words: Vec<&str> = (0..self.below(4)).map(|_| self.pick(ODDMENTS)).collect();
            return words.join(" ");
        }
        let path = self.pick(PATHS);
        match verb {
            "go" => self.pick(&["1.21", "1.16", "1.26.3", "1.27", "1.20"]).to_owned(),
            "toolchain" => self.pick(&["go1.21.3", "default"]).to_owned(),
            "godebug" => self.pick(&["a=b", "a=c", "default=go1.21", "x=1"]).to_owned(),
            "require" | "exclude" => format!("{path} {}", self.version_of(path)),
            "replace" => self.replacement(path),
            "retract" if self.one_in(2) => {
                format!("[{}, {}]", self.pick(VERSIONS), self.pick(VERSIONS))
            }
            "retract" => self.pick(VERSIONS).to_owned(),
            "use" => self.pick(&["./a", "../b", ".", "\"./x y\""]).to_owned(),
            _ => path.to_owned(),
        }
    }

    fn replacement(&mut self, path: &str) -> String {
        let old =
            if self.one_in(2) { format!(" {}", self.version_of(path)) } else { String::new() };
        let other = self.pick(PATHS);
        let new = match self.below(2) {
            0 => self.pick(&["../x", "./y", "\"../p q\"", "/z"]).to_owned(),
            _ => format!("{other} {}", self.version_of(other)),
        };
        format!("{path}{old} => {new}")
    }

    /// Mostly one that fits.
    fn version_of(&mut self, path: &str) -> &'static str {
        match path {
            _ if self.one_in(40) => self.pick(VERSIONS),
            "c.d/e/v2" => self.pick(&["v2.0.0", "v2.1.0"]),
            _ => self.pick(&["v1.0.0", "v1.2.3", "v1.10.0", "v1.9.0"]),
        }
    }

    fn edits(&mut self, work: bool) -> Vec<Vec<String>> {
        (0..self.below(4)).map(|_| self.edit(work)).collect()
    }

    fn edit(&mut self, work: bool) -> Vec<String> {
        let common: &[&str] = &[
            "go",
            "drop-go",
            "toolchain",
            "drop-toolchain",
            "godebug",
            "drop-godebug",
            "replace",
            "drop-replace",
            "cleanup",
            "sort",
        ];
        let own: &[&str] = if work {
            &["use", "drop-use"]
        } else {
            &[
                "require",
                "new-require",
                "drop-require",
                "set",
                "separate",
                "separate",
                "separate",
                "at-most-two",
                "at-most-two",
                "module",
                "exclude",
                "drop-exclude",
                "retract",
                "tool",
                "drop-tool",
                "ignore",
                "drop-ignore",
                "comment",
            ]
        };
        let op = if self.one_in(3) { self.pick(common) } else { self.pick(own) };
        let path = self.pick(&["a", "b", "c.d/e", "f.g/h", "q r", "k.l/m", "c.d/e/v2"]);
        let version = self.version_of(path);
        let words: Vec<String> = match op {
            "set" | "separate" | "at-most-two" => return self.requirements(op),
            "go" => vec![self.pick(&["1.21", "1.27", "1.20.1", "x"]).to_owned()],
            "toolchain" => vec![self.pick(&["go1.30", "default", "local"]).to_owned()],
            "godebug" => vec![self.pick(&["a", "x", "n"]).to_owned(), "9".to_owned()],
            "drop-godebug" => vec![self.pick(&["a", "x"]).to_owned()],
            "require" | "exclude" | "drop-exclude" | "drop-replace" => {
                vec![path.to_owned(), version.to_owned()]
            }
            "new-require" => {
                vec![path.to_owned(), version.to_owned(), self.one_in(2).to_string()]
            }
            // Without a version x/mod goes on taking the changed line for what it was.
            "replace" => {
                vec![path.to_owned(), version.to_owned(), "../new dir".to_owned(), String::new()]
            }
            "retract" => {
                vec![
                    self.pick(VERSIONS).to_owned(),
                    self.pick(VERSIONS).to_owned(),
                    "w\nz".to_owned(),
                ]
            }
            "use" | "drop-use" => vec![self.pick(&["./a", "./x y", "./new"]).to_owned()],
            "comment" => vec!["// said".to_owned()],
            _ => vec![path.replace(' ', "")],
        };
        let mut edit = vec![op.to_owned()];
        edit.extend(words);
        edit
    }

    fn requirements(&mut self, op: &str) -> Vec<String> {
        let mut edit = vec![op.to_owned()];
        for path in ["a", "b", "c.d/e", "c.d/e/v2", "f.g/h", "f.g/Z", "q r", "n.o/p"] {
            if self.one_in(2) {
                let version = self.version_of(path);
                let indirect = self.one_in(2).to_string();
                edit.extend([path.to_owned(), version.to_owned(), indirect]);
            }
        }
        edit
    }
}
