//! From tokens to the tree, as text/template's parser takes them; its messages are Go's.
//!
//! `define`, `template` and `block` name other templates, which a format of one line has no use for:
//! they are refused by name. Variables are known by their place: one that is not declared yet is an error
//! here and not where the template is filled in. Specification: <https://pkg.go.dev/text/template>.

use super::functions;
use super::lex::{Kind, Token, lex};
use super::literal;
use super::node::{Branch, Command, Node, Operand, Pipe, Term};
use super::{NAME, TemplateError};

/// How deep parentheses and branches may be within each other.
const DEEPEST: usize = 200;

/// The tree of a template.
pub(super) fn parse(text: &str) -> Result<Vec<Node>, TemplateError> {
    let mut parser = Parser {
        tokens: lex(text),
        next: 0,
        furthest: 0,
        variables: vec!["$".to_owned()],
        ranges: 0,
        depth: 0,
        action_line: None,
    };
    let (list, end) = parser.list()?;
    match end {
        Stop::Eof => Ok(list),
        Stop::End => Err(parser.error("unexpected {{end}}")),
        Stop::Else(_) => Err(parser.error("unexpected {{else}}")),
    }
}

/// What a list of nodes ended with.
enum Stop {
    Eof,
    End,
    /// With the word behind it, where that is `if` or `with`.
    Else(Option<Kind>),
}

type Parsed<T> = Result<T, TemplateError>;

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    furthest: usize,
    variables: Vec<String>,
    ranges: usize,
    depth: usize,
    /// Where the action that is being read began.
    action_line: Option<usize>,
}

impl Parser {
    /// Nodes up to an `end`, an `else` or the end of the template.
    fn list(&mut self) -> Parsed<(Vec<Node>, Stop)> {
        let mut list = Vec::new();
        loop {
            let token = self.next_word();
            match token.kind {
                Kind::Eof => return Ok((list, Stop::Eof)),
                Kind::Text => list.push(Node::Text(token.text)),
                Kind::LeftDelim => {
                    self.action_line = Some(token.line);
                    let action = self.action();
                    self.action_line = None;
                    match action? {
                        Ok(node) => list.push(node),
                        Err(end) => return Ok((list, end)),
                    }
                }
                _ => return Err(self.unexpected(&token, "input")),
            }
        }
    }

    /// An action, its left delimiter already read: a node, or what ends a list of them.
    fn action(&mut self) -> Parsed<Result<Node, Stop>> {
        let token = self.next_word();
        Ok(Ok(match token.kind {
            Kind::End => {
                self.expect(Kind::RightDelim, "end")?;
                return Ok(Err(Stop::End));
            }
            Kind::Else => return self.otherwise().map(Err),
            Kind::If => Node::If(self.branch("if")?),
            Kind::With => Node::With(self.branch("with")?),
            Kind::Range => Node::Range(self.branch("range")?),
            Kind::Break | Kind::Continue => return self.jump(&token).map(Ok),
            Kind::Define | Kind::Template | Kind::Block => {
                return Err(self.beyond_us(format!("{{{{{}}}}}", token.text)));
            }
            _ => {
                self.next -= 1;
                Node::Action(self.pipeline("command", Kind::RightDelim)?)
            }
        }))
    }

    fn otherwise(&mut self) -> Parsed<Stop> {
        let peeked = self.peek_word();
        if matches!(peeked, Kind::If | Kind::With) {
            return Ok(Stop::Else(Some(peeked)));
        }
        self.expect(Kind::RightDelim, "else")?;
        Ok(Stop::Else(None))
    }

    fn jump(&mut self, word: &Token) -> Parsed<Node> {
        let context = format!("{{{{{}}}}}", word.text);
        self.expect(Kind::RightDelim, &context)?;
        if self.ranges == 0 {
            return Err(self.error(&format!("{context} outside {{{{range}}}}")));
        }
        Ok(if word.kind == Kind::Break { Node::Break } else { Node::Continue })
    }

    /// `if`, `with` or `range`, its word already read, up to its end.
    fn branch(&mut self, context: &str) -> Parsed<Branch> {
        self.deeper()?;
        let variables = self.variables.len();
        let pipe = self.pipeline(context, Kind::RightDelim)?;
        let is_range = usize::from(context == "range");
        self.ranges += is_range;
        let (list, end) = self.list()?;
        self.ranges -= is_range;
        let otherwise = match end {
            Stop::End => None,
            Stop::Eof => return Err(self.error("unexpected EOF")),
            Stop::Else(word) => Some(self.else_list(context, word)?),
        };
        self.variables.truncate(variables);
        self.depth -= 1;
        Ok(Branch { pipe, list, otherwise })
    }

    /// What stands behind an `else`. `{{else if x}}` has no end of its own.
    fn else_list(&mut self, context: &str, word: Option<Kind>) -> Parsed<Vec<Node>> {
        match (context, word) {
            ("if", Some(Kind::If)) => {
                self.next_word();
                Ok(vec![Node::If(self.branch("if")?)])
            }
            ("with", Some(Kind::With)) => {
                self.next_word();
                Ok(vec![Node::With(self.branch("with")?)])
            }
            // The other word is not part of this `else`: it is met where text is expected.
            _ => match self.list()? {
                (list, Stop::End) => Ok(list),
                (_, Stop::Else(_)) => Err(self.error("expected end; found {{else}}")),
                (_, Stop::Eof) => Err(self.error("unexpected EOF")),
            },
        }
    }

    /// A pipeline up to its end, which is read as well.
    fn pipeline(&mut self, context: &str, end: Kind) -> Parsed<Pipe> {
        self.peek_word();
        let at = self.tokens.get(self.next).map_or(0, |token| token.at);
        let mut pipe = Pipe { at, declared: Vec::new(), assigns: false, commands: Vec::new() };
        self.declarations(context, &mut pipe)?;
        loop {
            let token = self.next_word();
            match token.kind {
                kind if kind == end => break,
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::QuotedString
                | Kind::Variable
                | Kind::LeftParen => {
                    self.next -= 1;
                    let command = self.command()?;
                    pipe.commands.push(command);
                }
                _ => return Err(self.unexpected(&token, context)),
            }
        }
        self.check_commands(&pipe, context)?;
        Ok(pipe)
    }

    fn check_commands(&self, pipe: &Pipe, context: &str) -> Parsed<()> {
        if pipe.commands.is_empty() {
            return Err(self.error(&format!("missing value for {context}")));
        }
        for (index, command) in pipe.commands.iter().enumerate().skip(1) {
            let first = command.words.first().map(|word| &word.term);
            let executable = !matches!(
                first,
                Some(Term::Bool(_) | Term::Dot | Term::Nil | Term::Number(..) | Term::Text(..))
            );
            if !executable {
                let reason = format!("non executable command in pipeline stage {}", index + 1);
                return Err(self.error(&reason));
            }
        }
        Ok(())
    }

    /// `$x :=`, `$x =`, `$i, $x :=`, where they stand.
    fn declarations(&mut self, context: &str, pipe: &mut Pipe) -> Parsed<()> {
        while self.peek_word() == Kind::Variable {
            let before = self.next;
            let name = self.next_word().text;
            match self.peek_word() {
                sign @ (Kind::Assign | Kind::Declare) => {
                    self.next_word();
                    pipe.assigns = sign == Kind::Assign;
                    pipe.declared.push(name.clone());
                    self.variables.push(name);
                    return Ok(());
                }
                Kind::Char if self.tokens.get(self.next).is_some_and(|t| t.text == ",") => {
                    self.next_word();
                    pipe.declared.push(name.clone());
                    self.variables.push(name);
                    if context != "range" || pipe.declared.len() >= 2 {
                        return Err(self.error(&format!("too many declarations in {context}")));
                    }
                    let next = self.peek_word();
                    if !matches!(next, Kind::Variable | Kind::RightDelim | Kind::RightParen) {
                        return Err(self.error("range can only initialize variables"));
                    }
                }
                _ => {
                    self.next = before;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Words up to a pipe sign, which is read as well, or to the end of the pipeline, which is not.
    fn command(&mut self) -> Parsed<Command> {
        let mut words = Vec::new();
        loop {
            self.peek_word();
            words.extend(self.operand()?);
            let token = self.take();
            match token.kind {
                Kind::Space => {}
                Kind::RightDelim | Kind::RightParen => {
                    self.next -= 1;
                    break;
                }
                Kind::Pipe => break,
                _ => return Err(self.unexpected(&token, "operand")),
            }
        }
        if words.is_empty() { Err(self.error("empty command")) } else { Ok(Command { words }) }
    }

    /// A term and the fields of it.
    fn operand(&mut self) -> Parsed<Option<Operand>> {
        let Some(term) = self.term()? else { return Ok(None) };
        let (mut fields, mut at) = (Vec::new(), None);
        while self.peek() == Kind::Field {
            let field = self.take();
            at.get_or_insert(field.at);
            fields.push(name_of(&field));
        }
        let Some(at) = at else { return Ok(Some(term)) };
        let shown = term.to_string();
        let term = match term.term {
            Term::Field(mut names) => {
                names.append(&mut fields);
                Term::Field(names)
            }
            Term::Variable(name, mut names) => {
                names.append(&mut fields);
                Term::Variable(name, names)
            }
            Term::Pipe(_) | Term::Function(_) | Term::Chain(..) => {
                Term::Chain(Box::new(term), fields)
            }
            _ => {
                let shown = larder_module::Quoted(&shown);
                return Err(self.error(&format!("unexpected . after term {shown}")));
            }
        };
        Ok(Some(Operand { at, term }))
    }

    fn term(&mut self) -> Parsed<Option<Operand>> {
        let token = self.next_word();
        let term = match token.kind {
            Kind::Identifier if functions::is_known(&token.text) => Term::Function(token.text),
            Kind::Identifier if functions::is_go_alone(&token.text) => {
                return Err(self.beyond_us(format!("function \"{}\"", token.text)));
            }
            Kind::Identifier => {
                return Err(self.error(&format!("function \"{}\" not defined", token.text)));
            }
            Kind::Dot => Term::Dot,
            Kind::Nil => Term::Nil,
            Kind::Variable if self.variables.contains(&token.text) => {
                Term::Variable(token.text, Vec::new())
            }
            Kind::Variable => {
                return Err(self.error(&format!("undefined variable \"{}\"", token.text)));
            }
            Kind::Field => Term::Field(vec![name_of(&token)]),
            Kind::Bool => Term::Bool(token.text == "true"),
            Kind::CharConstant | Kind::Complex | Kind::Number => {
                if token.text.ends_with('i') && token.kind != Kind::CharConstant {
                    return Err(self.beyond_us(format!("imaginary number \"{}\"", token.text)));
                }
                let number = literal::number(&token.text).map_err(|reason| self.error(&reason))?;
                Term::Number(token.text, number)
            }
            Kind::LeftParen => {
                self.deeper()?;
                let pipe = self.pipeline("parenthesized pipeline", Kind::RightParen)?;
                self.depth -= 1;
                let at = pipe.at;
                return Ok(Some(Operand { at, term: Term::Pipe(Box::new(pipe)) }));
            }
            Kind::QuotedString | Kind::RawString => {
                let text =
                    literal::string(&token.text).ok_or_else(|| self.error("invalid syntax"))?;
                Term::Text(token.text, text)
            }
            _ => {
                self.next -= 1;
                return Ok(None);
            }
        };
        Ok(Some(Operand { at: token.at, term }))
    }

    fn deeper(&mut self) -> Parsed<()> {
        self.depth += 1;
        let too_deep = self.depth > DEEPEST;
        if too_deep { Err(self.error("max expression depth exceeded")) } else { Ok(()) }
    }

    fn take(&mut self) -> Token {
        let last = self.tokens.len().saturating_sub(1);
        let at = self.next.min(last);
        (self.furthest, self.next) = (self.furthest.max(at), at + 1);
        let none = Token { kind: Kind::Eof, text: String::new(), at: 0, line: 1 };
        self.tokens.get(at).cloned().unwrap_or(none)
    }

    fn peek(&mut self) -> Kind {
        let token = self.take();
        self.next -= 1;
        token.kind
    }

    /// The next token that is no space.
    fn next_word(&mut self) -> Token {
        loop {
            let token = self.take();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    /// What the next token that is no space is; the spaces before it are read.
    fn peek_word(&mut self) -> Kind {
        let token = self.next_word();
        self.next -= 1;
        token.kind
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Parsed<()> {
        let token = self.next_word();
        if token.kind == kind { Ok(()) } else { Err(self.unexpected(&token, context)) }
    }

    fn unexpected(&self, token: &Token, context: &str) -> TemplateError {
        if token.kind != Kind::Error {
            return self.error(&format!("unexpected {} in {context}", token.shown()));
        }
        let started = self.action_line.filter(|&line| line != token.line);
        let extra = started.map_or_else(String::new, |line| {
            let action = if token.text.ends_with(" action") { "" } else { " in action" };
            format!("{action} started at {NAME}:{line}")
        });
        self.error(&format!("{}{extra}", token.text))
    }

    fn error(&self, reason: &str) -> TemplateError {
        TemplateError::Syntax { line: self.line(), reason: reason.to_owned() }
    }

    fn beyond_us(&self, what: String) -> TemplateError {
        TemplateError::BeyondUs { line: self.line(), what }
    }

    /// The line that was reached.
    fn line(&self) -> usize {
        self.tokens.get(self.furthest).map_or(1, |token| token.line)
    }
}

fn name_of(field: &Token) -> String {
    field.text.trim_start_matches('.').to_owned()
}
