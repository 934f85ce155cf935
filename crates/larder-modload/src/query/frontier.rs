//! Many queries at once, one after the other by their text: each is a future that asks, and all that they
//! ask in one round is asked as one frontier.
//!
//! There is no runtime behind it: a future is polled until it asks for something that is not known yet,
//! then the next one is. When all have asked, whoever answers gets the questions together, and the futures
//! are polled again. What was answered once stays known.
//!
//! Invariant: futures that run here wait for nothing but [`Frontier::ask`], so each round answers some.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use larder_module::{ModulePath, ModuleVersion, NamedVersion, Revision};

use crate::loader::{LoadError, Loaded, Loader};
use crate::source::{
    GoModAt, RevInfo, SourceError, SourceErrorKind, Upstream, VersionSource, Versions,
};

/// Something that is asked of the world.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Question {
    Versions(Upstream, ModulePath),
    Latest(Upstream, ModulePath),
    Info(Upstream, ModulePath, Revision),
    GoMod(ModuleVersion),
    Summary(NamedVersion),
}

/// An answer; the variants are those of the questions.
#[derive(Debug, Clone)]
enum Answer {
    Versions(Result<Arc<Versions>, SourceError>),
    Info(Result<RevInfo, SourceError>),
    GoMod(Result<Arc<[u8]>, SourceError>),
    Summary(Loaded),
}

/// The world that queries ask, and what it has answered.
pub(super) struct Frontier<'a> {
    source: &'a (dyn VersionSource + Sync),
    loader: Option<&'a Loader<'a>>,
    known: RefCell<HashMap<Question, Answer>>,
    /// What is asked in this round, in the order of asking.
    asked: RefCell<(Vec<Question>, HashSet<Question>)>,
    fatal: RefCell<Option<SourceError>>,
}

/// A query under way.
pub(crate) type Running<'f, T> = Pin<Box<dyn Future<Output = T> + 'f>>;

impl<'a> Frontier<'a> {
    /// A world of which nothing is known. Without a loader, no go.mod is summed up.
    pub(super) fn new(
        source: &'a (dyn VersionSource + Sync),
        loader: Option<&'a Loader<'a>>,
    ) -> Self {
        let (known, asked, fatal) = (RefCell::default(), RefCell::default(), RefCell::default());
        Self { source, loader, known, asked, fatal }
    }

    /// A failure at which the go command would have ended at once.
    pub(super) fn fatal(&self) -> Option<SourceError> {
        self.fatal.borrow().clone()
    }

    /// Runs all of these to their ends; the results stand in their order.
    pub(super) fn run<T>(&self, mut futures: Vec<Running<'_, T>>) -> Vec<T> {
        let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
        let mut context = Context::from_waker(Waker::noop());
        loop {
            let waiting = done.iter_mut().zip(&mut futures).filter(|(done, _)| done.is_none());
            for (done, future) in waiting {
                if let Poll::Ready(result) = future.as_mut().poll(&mut context) {
                    *done = Some(result);
                }
            }
            let (asked, _) = self.asked.take();
            if asked.is_empty() {
                return done.into_iter().flatten().collect();
            }
            self.answer(&asked);
        }
    }

    /// The versions that an upstream lists.
    pub(super) async fn versions(
        &self,
        upstream: Upstream,
        path: &ModulePath,
    ) -> Result<Arc<Versions>, SourceError> {
        match self.ask(Question::Versions(upstream, path.clone())).await {
            Answer::Versions(versions) => versions,
            _ => Err(mixed_up()),
        }
    }

    /// The version that an upstream thinks the latest.
    pub(super) async fn latest(
        &self,
        upstream: Upstream,
        path: &ModulePath,
    ) -> Result<RevInfo, SourceError> {
        match self.ask(Question::Latest(upstream, path.clone())).await {
            Answer::Info(info) => info,
            _ => Err(mixed_up()),
        }
    }

    /// What a revision is.
    pub(super) async fn info(
        &self,
        upstream: Upstream,
        path: &ModulePath,
        revision: Revision,
    ) -> Result<RevInfo, SourceError> {
        match self.ask(Question::Info(upstream, path.clone(), revision)).await {
            Answer::Info(info) => info,
            _ => Err(mixed_up()),
        }
    }

    /// The bytes of a go.mod.
    pub(super) async fn go_mod(&self, module: ModuleVersion) -> Result<Arc<[u8]>, SourceError> {
        match self.ask(Question::GoMod(module)).await {
            Answer::GoMod(bytes) => bytes,
            _ => Err(mixed_up()),
        }
    }

    /// What counts of a go.mod, whatever stands for the module.
    pub(super) async fn summary(&self, actual: NamedVersion) -> Loaded {
        match self.ask(Question::Summary(actual)).await {
            Answer::Summary(loaded) => loaded,
            _ => Err(mixed_up().into()),
        }
    }

    async fn ask(&self, question: Question) -> Answer {
        std::future::poll_fn(|_| {
            if let Some(answer) = self.known.borrow().get(&question) {
                return Poll::Ready(answer.clone());
            }
            let (asked, seen) = &mut *self.asked.borrow_mut();
            if seen.insert(question.clone()) {
                asked.push(question.clone());
            }
            Poll::Pending
        })
        .await
    }

    /// Answers all of these, those of a kind together.
    fn answer(&self, questions: &[Question]) {
        let mut round = Round::default();
        for question in questions {
            match question.clone() {
                Question::Versions(upstream, path) => round.versions.push((upstream, path)),
                Question::Latest(upstream, path) => round.latest.push((upstream, path)),
                Question::Info(upstream, path, revision) => {
                    round.infos.push((upstream, path, revision));
                }
                Question::GoMod(module) => round.go_mods.push(GoModAt::Module(module)),
                Question::Summary(module) => round.summaries.push(module),
            }
        }
        let answers = round.answers(self.source, self.loader);
        let mut known = self.known.borrow_mut();
        for (question, answer) in answers {
            if let Some(fatal) = answer.fatal() {
                self.fatal.borrow_mut().get_or_insert(fatal.clone());
            }
            known.insert(question, answer);
        }
        // Who does not answer is not asked for ever.
        for question in questions {
            known.entry(question.clone()).or_insert_with(|| Answer::silence(question));
        }
    }
}

/// The questions of a round by their kind.
#[derive(Default)]
struct Round {
    versions: Vec<(Upstream, ModulePath)>,
    latest: Vec<(Upstream, ModulePath)>,
    infos: Vec<(Upstream, ModulePath, Revision)>,
    go_mods: Vec<GoModAt>,
    summaries: Vec<NamedVersion>,
}

impl Round {
    /// All answers. Several kinds are asked for side by side.
    fn answers(
        self,
        source: &(dyn VersionSource + Sync),
        loader: Option<&Loader<'_>>,
    ) -> Vec<(Question, Answer)> {
        let Self { versions, latest, infos, go_mods, summaries } = self;
        let no_one = |module: &NamedVersion| {
            let text = "no go.mod is read for a query by itself";
            Err(SourceError::new(SourceErrorKind::Other, text).about(module.clone()).into())
        };
        let of_versions = || {
            let answers = asked(&versions, |wanted| source.versions(wanted));
            let answers = answers.into_iter().map(|found| Answer::Versions(found.map(Arc::new)));
            let questions = versions.iter().cloned().map(|(of, path)| Question::Versions(of, path));
            questions.zip(answers).collect::<Vec<_>>()
        };
        let of_latest = || {
            let answers = asked(&latest, |wanted| source.latest(wanted));
            let questions = latest.iter().cloned().map(|(of, path)| Question::Latest(of, path));
            questions.zip(answers.into_iter().map(Answer::Info)).collect::<Vec<_>>()
        };
        let of_infos = || {
            let answers = asked(&infos, |wanted| source.infos(wanted));
            let questions = infos.iter().cloned();
            let questions =
                questions.map(|(of, path, revision)| Question::Info(of, path, revision));
            questions.zip(answers.into_iter().map(Answer::Info)).collect::<Vec<_>>()
        };
        let of_go_mods = || {
            let answers = asked(&go_mods, |wanted| source.go_mods(wanted));
            let questions = go_mods.iter().filter_map(|at| match at {
                GoModAt::Module(module) => Some(Question::GoMod(module.clone())),
                GoModAt::Directory(_) => None,
            });
            questions.zip(answers.into_iter().map(Answer::GoMod)).collect::<Vec<_>>()
        };
        let of_summaries = || {
            let answers = asked(&summaries, |wanted| match loader {
                Some(loader) => loader.raw_summaries(wanted),
                None => wanted.iter().map(no_one).collect(),
            });
            let questions = summaries.iter().cloned().map(Question::Summary);
            questions.zip(answers.into_iter().map(Answer::Summary)).collect::<Vec<_>>()
        };
        let kinds: [(bool, &Kind<'_>); 5] = [
            (versions.is_empty(), &of_versions),
            (latest.is_empty(), &of_latest),
            (infos.is_empty(), &of_infos),
            (go_mods.is_empty(), &of_go_mods),
            (summaries.is_empty(), &of_summaries),
        ];
        let kinds = kinds.iter().filter(|(is_empty, _)| !is_empty);
        side_by_side(&kinds.map(|(_, kind)| *kind).collect::<Vec<_>>())
    }
}

/// Asks, unless there is nothing to ask.
fn asked<Q, A>(wanted: &[Q], ask: impl FnOnce(&[Q]) -> Vec<A>) -> Vec<A> {
    if wanted.is_empty() { Vec::new() } else { ask(wanted) }
}

/// Answers questions of one kind.
type Kind<'k> = dyn Fn() -> Vec<(Question, Answer)> + Sync + 'k;

/// What all of these give. Who waits for the network does not wait behind another.
fn side_by_side(kinds: &[&Kind<'_>]) -> Vec<(Question, Answer)> {
    std::thread::scope(|scope| {
        let mut all = Vec::new();
        let others: Vec<_> = kinds.iter().skip(1).map(|kind| scope.spawn(kind)).collect();
        all.extend(kinds.first().map(|kind| kind()).unwrap_or_default());
        // A panic in a thread is one here, as it would be without threads.
        for other in others {
            match other.join() {
                Ok(found) => all.extend(found),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}

impl Answer {
    fn fatal(&self) -> Option<&SourceError> {
        let (Self::Versions(Err(error))
        | Self::Info(Err(error))
        | Self::GoMod(Err(error))
        | Self::Summary(Err(LoadError::Source(error)))) = self
        else {
            return None;
        };
        (error.kind == SourceErrorKind::Fatal).then_some(error)
    }

    /// What a question is answered with that nobody answers.
    fn silence(question: &Question) -> Self {
        let error =
            SourceError::new(SourceErrorKind::Other, "the source of versions did not answer");
        match question {
            Question::Versions(..) => Self::Versions(Err(error)),
            Question::Latest(..) | Question::Info(..) => Self::Info(Err(error)),
            Question::GoMod(_) => Self::GoMod(Err(error)),
            Question::Summary(_) => Self::Summary(Err(error.into())),
        }
    }
}

fn mixed_up() -> SourceError {
    SourceError::new(SourceErrorKind::Other, "a question was answered with something else")
}
