//! Filling a template in, as text/template's executor does.
//!
//! A failure names the word that was reached last. Types that Go finds by reflection are found here by
//! matching; a function says through [`Wanted`] what its arguments have to be.
//! Specification: <https://pkg.go.dev/text/template>.

use std::ops::ControlFlow;

use super::TemplateError;
use super::functions;
use super::methods;
use super::node::{Branch, Command, Node, Number, Operand, Pipe, Term};
use super::value::Value;

/// What an argument has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Anything, nil among it.
    Anything,
    Text,
    Texts,
}

impl Wanted {
    fn type_name(self) -> &'static str {
        match self {
            Self::Anything => "reflect.Value",
            Self::Text => "string",
            Self::Texts => "[]string",
        }
    }
}

pub(super) fn execute<'a>(
    text: &'a str,
    nodes: &'a [Node],
    data: &Value<'a>,
    out: &mut String,
) -> Result<(), TemplateError> {
    let variables = vec![("$", data.clone())];
    let mut state = State { text, variables, at: (0, String::new()), out };
    // A `break` cannot leave the whole: the parser takes none outside of a `range`.
    state.walk_all(data, nodes).map(|_| ())
}

type Executed<T> = Result<T, TemplateError>;
/// Whether a `range` goes on, and if not, whether with its next element.
type Flow = ControlFlow<Jump>;

enum Jump {
    Break,
    Continue,
}

pub(super) struct State<'a, 'o> {
    text: &'a str,
    variables: Vec<(&'a str, Value<'a>)>,
    /// The word that was reached last: where it begins, and how it is shown.
    at: (usize, String),
    out: &'o mut String,
}

impl<'a> State<'a, '_> {
    fn walk_all(&mut self, dot: &Value<'a>, nodes: &'a [Node]) -> Executed<Flow> {
        for node in nodes {
            if let flow @ ControlFlow::Break(_) = self.walk(dot, node)? {
                return Ok(flow);
            }
        }
        Ok(Flow::Continue(()))
    }

    fn walk(&mut self, dot: &Value<'a>, node: &'a Node) -> Executed<Flow> {
        match node {
            Node::Text(text) => self.out.push_str(text),
            Node::Action(pipe) => {
                let value = self.pipeline(dot, pipe)?;
                if pipe.declared.is_empty() {
                    self.out.push_str(&value.printed());
                }
            }
            Node::If(branch) => return self.walk_branch(dot, branch, false),
            Node::With(branch) => return self.walk_branch(dot, branch, true),
            Node::Range(branch) => return self.walk_range(dot, branch),
            Node::Break => return Ok(ControlFlow::Break(Jump::Break)),
            Node::Continue => return Ok(ControlFlow::Break(Jump::Continue)),
        }
        Ok(Flow::Continue(()))
    }

    fn walk_branch(
        &mut self,
        dot: &Value<'a>,
        branch: &'a Branch,
        sets_dot: bool,
    ) -> Executed<Flow> {
        let mark = self.variables.len();
        let value = self.pipeline(dot, &branch.pipe)?;
        let flow = if value.is_true() {
            self.walk_all(if sets_dot { &value } else { dot }, &branch.list)
        } else {
            branch
                .otherwise
                .as_ref()
                .map_or(Ok(Flow::Continue(())), |list| self.walk_all(dot, list))
        };
        self.variables.truncate(mark);
        flow
    }

    fn walk_range(&mut self, dot: &Value<'a>, branch: &'a Branch) -> Executed<Flow> {
        let mark = self.variables.len();
        let value = self.pipeline(dot, &branch.pipe)?;
        let declared = &branch.pipe.declared;
        let elements: Vec<Value<'a>> = match &value {
            Value::Texts(texts) => texts.iter().map(Value::text).collect(),
            Value::Int(count) if declared.len() > 1 => {
                let reason = format!("can't use {count} to iterate over more than one variable");
                return Err(self.error(reason));
            }
            Value::Int(count) => (0..*count).map(Value::Int).collect(),
            Value::Nothing => Vec::new(),
            other => {
                return Err(self.error(format!("range can't iterate over {}", other.printed())));
            }
        };
        let counts = matches!(value, Value::Int(_));
        let mut flow = Flow::Continue(());
        for (index, element) in elements.iter().enumerate() {
            let top = self.variables.len();
            let index = i64::try_from(index).unwrap_or(i64::MAX);
            let index = if counts { Value::Nothing } else { Value::Int(index) };
            self.set_range_variables(&branch.pipe, index, element)?;
            let inner = self.walk_all(element, &branch.list)?;
            self.variables.truncate(top);
            if matches!(inner, ControlFlow::Break(Jump::Break)) {
                break;
            }
        }
        if elements.is_empty()
            && let Some(list) = &branch.otherwise
        {
            flow = self.walk_all(dot, list)?;
        }
        self.variables.truncate(mark);
        Ok(flow)
    }

    /// Gives the variables of a `range` this round's index and element.
    fn set_range_variables(
        &mut self,
        pipe: &'a Pipe,
        index: Value<'a>,
        element: &Value<'a>,
    ) -> Executed<()> {
        match pipe.declared.as_slice() {
            [one] => self.set(one, element.clone()),
            [first, second] => {
                self.set(first, index)?;
                self.set(second, element.clone())
            }
            _ => Ok(()),
        }
    }

    fn set(&mut self, name: &str, value: Value<'a>) -> Executed<()> {
        let found = self.variables.iter_mut().rev().find(|(known, _)| *known == name);
        let Some((_, old)) = found else {
            return Err(self.error(format!("undefined variable: {name}")));
        };
        *old = value;
        Ok(())
    }

    /// The value of a pipeline; its variables are set.
    fn pipeline(&mut self, dot: &Value<'a>, pipe: &'a Pipe) -> Executed<Value<'a>> {
        self.reach(pipe.at, pipe);
        let mut value = None;
        for command in &pipe.commands {
            value = Some(self.command(dot, command, value)?);
        }
        let value = value.unwrap_or(Value::Nothing);
        for name in &pipe.declared {
            if pipe.assigns {
                self.set(name, value.clone())?;
            } else {
                self.variables.push((name, value.clone()));
            }
        }
        Ok(value)
    }

    /// The value of a command, which gets the value of the one before as its last argument.
    fn command(
        &mut self,
        dot: &Value<'a>,
        command: &'a Command,
        last: Option<Value<'a>>,
    ) -> Executed<Value<'a>> {
        let Some((word, arguments)) = command.words.split_first() else {
            return Ok(Value::Nothing);
        };
        match &word.term {
            Term::Function(name) => {
                self.reach(word.at, word);
                let call = Call { name, arguments, last, at: word.at, shown: command.to_string() };
                return self.call(dot, call);
            }
            Term::Field(names) => {
                self.reach(word.at, word);
                return self.fields(dot, dot.clone(), names, &Args { word, arguments, last });
            }
            Term::Variable(name, names) if !names.is_empty() => {
                self.reach(word.at, word);
                let value = self.variable(name);
                return self.fields(dot, value, names, &Args { word, arguments, last });
            }
            Term::Chain(inner, names) => {
                self.reach(word.at, word);
                let value = self.chained(dot, word, inner)?;
                return self.fields(dot, value, names, &Args { word, arguments, last });
            }
            _ => {}
        }
        if !arguments.is_empty() || last.is_some() {
            self.reach(word.at, word);
            return Err(self.error(format!("can't give argument to non-function {word}")));
        }
        if matches!(word.term, Term::Nil) {
            self.reach(word.at, word);
            return Err(self.error("nil is not a command".into()));
        }
        self.operand(dot, word)
    }

    /// The value of a word by itself.
    fn operand(&mut self, dot: &Value<'a>, word: &'a Operand) -> Executed<Value<'a>> {
        self.reach(word.at, word);
        let plain = Args { word, arguments: &[], last: None };
        Ok(match &word.term {
            Term::Dot => dot.clone(),
            Term::Nil => Value::Nothing,
            Term::Bool(value) => Value::Bool(*value),
            Term::Number(_, Number::Int(value)) => Value::Int(*value),
            Term::Number(_, Number::Float(value)) => Value::Float(*value),
            Term::Number(written, Number::TooLarge) => {
                return Err(self.error(format!("{written} overflows int")));
            }
            Term::Text(_, text) => Value::text(text.as_str()),
            Term::Field(names) => self.fields(dot, dot.clone(), names, &plain)?,
            Term::Variable(name, names) => {
                let value = self.variable(name);
                self.fields(dot, value, names, &plain)?
            }
            Term::Function(name) => {
                let shown = word.to_string();
                let call = Call { name, arguments: &[], last: None, at: word.at, shown };
                self.call(dot, call)?
            }
            Term::Pipe(pipe) => self.pipeline(dot, pipe)?,
            Term::Chain(inner, names) => {
                let value = self.chained(dot, word, inner)?;
                self.fields(dot, value, names, &plain)?
            }
        })
    }

    fn chained(
        &mut self,
        dot: &Value<'a>,
        chain: &Operand,
        inner: &'a Operand,
    ) -> Executed<Value<'a>> {
        if matches!(inner.term, Term::Nil) {
            return Err(self.error(format!("indirection through explicit nil in {chain}")));
        }
        self.operand(dot, inner)
    }

    fn variable(&self, name: &str) -> Value<'a> {
        let found = self.variables.iter().rev().find(|(known, _)| *known == name);
        found.map_or(Value::Nothing, |(_, value)| value.clone())
    }

    /// The fields of a value, one within the other; only the last may have arguments.
    fn fields(
        &mut self,
        dot: &Value<'a>,
        value: Value<'a>,
        names: &'a [String],
        args: &Args<'a>,
    ) -> Executed<Value<'a>> {
        let Some((last, before)) = names.split_last() else { return Ok(value) };
        let mut receiver = value;
        for name in before {
            let plain = Args { word: args.word, arguments: &[], last: None };
            receiver = self.field(dot, &receiver, name, &plain)?;
        }
        self.field(dot, &receiver, last, args)
    }

    /// A method or a field.
    fn field(
        &mut self,
        dot: &Value<'a>,
        receiver: &Value<'a>,
        name: &'a str,
        args: &Args<'a>,
    ) -> Executed<Value<'a>> {
        if matches!(receiver, Value::Nothing) {
            return Ok(Value::Nothing);
        }
        if let Some(wanted) = methods::arguments(receiver, name) {
            let values = self.arguments(dot, args, name, wanted)?;
            return methods::call(receiver, name, &values).map_err(|reason| {
                self.reach(args.word.at, args.word);
                self.error(format!("error calling {name}: {reason}"))
            });
        }
        let of = receiver.type_name();
        let Value::Record(kind, record) = *receiver else {
            return Err(self.error(format!("can't evaluate field {name} in type {of}")));
        };
        if !kind.fields.contains(&name) {
            return Err(self.error(format!("can't evaluate field {name} in type {of}")));
        }
        let Some(record) = record else {
            return Err(self.error(format!("nil pointer evaluating {of}.{name}")));
        };
        if !args.arguments.is_empty() || args.last.is_some() {
            let reason = format!("{name} has arguments but cannot be invoked as function");
            return Err(self.error(reason));
        }
        Ok(record.field(name))
    }

    /// The arguments of a method.
    fn arguments(
        &mut self,
        dot: &Value<'a>,
        args: &Args<'a>,
        name: &str,
        wanted: &[Wanted],
    ) -> Executed<Vec<Value<'a>>> {
        let got = args.arguments.len() + usize::from(args.last.is_some());
        if got != wanted.len() {
            let want = wanted.len();
            return Err(
                self.error(format!("wrong number of args for {name}: want {want} got {got}"))
            );
        }
        let mut values = Vec::new();
        for (word, wanted) in args.arguments.iter().zip(wanted) {
            values.push(self.argument(dot, word, *wanted)?);
        }
        if let (Some(last), Some(wanted)) = (&args.last, wanted.last()) {
            values.push(self.fitting(last.clone(), *wanted)?);
        }
        Ok(values)
    }

    fn call(&mut self, dot: &Value<'a>, call: Call<'a>) -> Executed<Value<'a>> {
        let function = functions::find(call.name);
        let got = call.arguments.len() + usize::from(call.last.is_some());
        if let Some(reason) = function.miscounts(call.name, got, call.arguments.len()) {
            return Err(self.error(reason));
        }
        let short = function.stops_at();
        let mut values = Vec::new();
        for (index, word) in call.arguments.iter().enumerate() {
            let value = self.argument(dot, word, function.wanted(index))?;
            // `and` and `or` do not look at what cannot change their answer.
            if short == Some(value.is_true()) {
                return Ok(value);
            }
            values.push(value);
        }
        if let Some(last) = call.last {
            let wanted = function.wanted(values.len());
            values.push(self.fitting(last, wanted)?);
        }
        function.call(values).map_err(|reason| {
            self.at = (call.at, call.shown);
            self.error(format!("error calling {}: {reason}", call.name))
        })
    }

    /// The value of a word that is an argument.
    fn argument(
        &mut self,
        dot: &Value<'a>,
        word: &'a Operand,
        wanted: Wanted,
    ) -> Executed<Value<'a>> {
        let literal = match (&word.term, wanted) {
            (Term::Nil, Wanted::Text) => Some("cannot assign nil to string".to_owned()),
            (Term::Bool(_) | Term::Number(..), Wanted::Text) => {
                Some(format!("expected string; found {word}"))
            }
            (Term::Bool(_) | Term::Number(..) | Term::Text(..), Wanted::Texts) => {
                Some(format!("can't handle {word} for arg of type []string"))
            }
            (Term::Nil, Wanted::Texts) => return Ok(Value::Texts(&[])),
            _ => None,
        };
        if let Some(reason) = literal {
            self.reach(word.at, word);
            return Err(self.error(reason));
        }
        let value = self.operand(dot, word)?;
        self.fitting(value, wanted)
    }

    /// The value, where it is of the type that is wanted.
    fn fitting(&self, value: Value<'a>, wanted: Wanted) -> Executed<Value<'a>> {
        match (wanted, &value) {
            (Wanted::Anything, _)
            | (Wanted::Text, Value::Text(_))
            | (Wanted::Texts, Value::Texts(_)) => Ok(value),
            (Wanted::Texts, Value::Nothing) => Ok(Value::Texts(&[])),
            (_, Value::Nothing) => {
                Err(self.error(format!("invalid value; expected {}", wanted.type_name())))
            }
            _ => {
                let (expected, got) = (wanted.type_name(), value.type_name());
                let reason = format!("wrong type for value; expected {expected}; got {got}");
                Err(self.error(reason))
            }
        }
    }

    /// Notes the word that failures are said of.
    fn reach(&mut self, at: usize, shown: &impl ToString) {
        self.at = (at, shown.to_string());
    }

    fn error(&self, reason: String) -> TemplateError {
        let (at, shown) = &self.at;
        let before = self.text.get(..*at).unwrap_or_default();
        let line = 1 + before.matches('\n').count();
        let column = before.rfind('\n').map_or(*at, |newline| at - newline - 1);
        TemplateError::Execution { line, column, at: shown.clone(), reason }
    }
}

/// The arguments that a field was given: as words, and as the value before a pipe sign.
struct Args<'a> {
    word: &'a Operand,
    arguments: &'a [Operand],
    last: Option<Value<'a>>,
}

/// A call of a function.
struct Call<'a> {
    name: &'a str,
    arguments: &'a [Operand],
    last: Option<Value<'a>>,
    at: usize,
    /// The command as messages show it.
    shown: String,
}
