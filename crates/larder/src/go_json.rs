//! JSON, byte for byte as Go's encoder writes it with tabs: what `-json` prints.
//!
//! Fields stand in the order in which they are given, and those that are empty are left out, as Go's
//! `omitempty` does. Specification: <https://pkg.go.dev/encoding/json#Marshal>, `MarshalIndent`.

use std::fmt::Write;

use larder_module::JsonString;

/// An object that is being written. Its text ends without a line end.
#[derive(Debug)]
pub(crate) struct GoJson {
    out: String,
    depth: usize,
    is_empty: bool,
}

impl Default for GoJson {
    fn default() -> Self {
        Self::new()
    }
}

impl GoJson {
    /// An object with nothing in it.
    pub(crate) fn new() -> Self {
        Self::at(1)
    }

    fn at(depth: usize) -> Self {
        Self { out: "{".to_owned(), depth, is_empty: true }
    }

    /// A string, unless it is empty.
    pub(crate) fn text(&mut self, name: &str, value: &str) -> &mut Self {
        if !value.is_empty() {
            self.name(name);
            self.string(value);
        }
        self
    }

    /// A string, even where it is empty.
    pub(crate) fn text_always(&mut self, name: &str, value: &str) -> &mut Self {
        self.name(name);
        self.string(value);
        self
    }

    /// `true`, unless it is false.
    pub(crate) fn flag(&mut self, name: &str, value: bool) -> &mut Self {
        if value {
            self.name(name);
            self.out.push_str("true");
        }
        self
    }

    /// A list of strings, unless there are none.
    pub(crate) fn texts(&mut self, name: &str, values: &[String]) -> &mut Self {
        if values.is_empty() {
            return self;
        }
        self.name(name);
        self.out.push('[');
        for (index, value) in values.iter().enumerate() {
            self.out.push_str(if index == 0 { "" } else { "," });
            self.line(self.depth + 1);
            self.string(value);
        }
        self.line(self.depth);
        self.out.push(']');
        self
    }

    /// An object within, even where it is empty.
    pub(crate) fn object(&mut self, name: &str, fill: impl FnOnce(&mut Self)) -> &mut Self {
        self.name(name);
        let mut inner = Self::at(self.depth + 1);
        fill(&mut inner);
        self.out.push_str(&inner.finish());
        self
    }

    /// The text of it.
    #[must_use]
    pub(crate) fn finish(mut self) -> String {
        if !self.is_empty {
            self.line(self.depth - 1);
        }
        self.out.push('}');
        self.out
    }

    fn name(&mut self, name: &str) {
        self.out.push_str(if self.is_empty { "" } else { "," });
        self.is_empty = false;
        self.line(self.depth);
        self.string(name);
        self.out.push_str(": ");
    }

    fn string(&mut self, text: &str) {
        // Writing to a string cannot fail.
        let _written = write!(self.out, "{}", JsonString(text));
    }

    fn line(&mut self, depth: usize) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n('\t', depth));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_indented_by_tabs_and_has_no_empty_fields() {
        let mut json = GoJson::new();
        json.text("Path", "example.com/m").text("Version", "").flag("Main", false);
        json.texts("Versions", &["v1.0.0".to_owned(), "v1.1.0".to_owned()]).texts("None", &[]);
        json.object("Error", |error| {
            error.text_always("Err", "");
        });
        json.flag("Indirect", true).object("Empty", |_| {});
        let expect = "{\n\t\"Path\": \"example.com/m\",\n\t\"Versions\": [\n\t\t\"v1.0.0\",\n\t\t\
                      \"v1.1.0\"\n\t],\n\t\"Error\": {\n\t\t\"Err\": \"\"\n\t},\n\t\"Indirect\": \
                      true,\n\t\"Empty\": {}\n}";
        assert_eq!(json.finish(), expect);
        assert_eq!(GoJson::new().finish(), "{}");
    }
}
