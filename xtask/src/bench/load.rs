//! The load: wrk for HTTP/1.1, h2load for HTTP/2 over TLS, each on the second core, with one
//! thread, for a time. What they print is read here; nothing else of them is used.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::process;
use super::server::run_within;
use crate::root::Outcome;

/// One run of a load against one server.
#[derive(Debug)]
pub(crate) struct Load<'a> {
    /// The URL that is asked; with a script, only its host.
    pub(crate) url: &'a str,
    /// A wrk script that says what is asked instead.
    pub(crate) script: Option<&'a Path>,
    /// Connections.
    pub(crate) connections: u32,
    /// Seconds.
    pub(crate) seconds: u32,
}

/// What a run of a load came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Measured {
    /// Answers a second.
    pub(crate) rate: f64,
    /// Answers in all.
    pub(crate) answers: f64,
    /// Half of the answers took at most so long, in milliseconds.
    pub p50: f64,
    /// 99 of 100 answers took at most so long, in milliseconds.
    pub p99: f64,
    /// Answers that were not 200, and failures of sockets.
    pub(crate) wrong: f64,
    /// Seconds that it took.
    pub(crate) wall: f64,
    /// Processor seconds of the server.
    pub(crate) server_cpu: f64,
    /// Processor seconds of the load.
    pub(crate) load_cpu: f64,
}

impl Measured {
    /// Answers for a processor second of the server.
    pub(crate) fn per_cpu(&self) -> f64 {
        self.answers / self.server_cpu
    }
}

/// How the load speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// HTTP/1.1 with keep-alive.
    Http1,
    /// HTTP/2 over TLS, four streams a connection.
    Http2,
}

impl Load<'_> {
    /// Runs it against the server with this process id.
    pub(crate) fn run(&self, protocol: Protocol, pid: u32) -> Outcome<Measured> {
        let (server, load) = (process::cpu(pid), process::cpu_of_children());
        let began = std::time::Instant::now();
        let mut measured = match protocol {
            Protocol::Http1 => read_wrk(&self.bounded(self.wrk())?)?,
            Protocol::Http2 => self.http2()?,
        };
        measured.wall = began.elapsed().as_secs_f64();
        measured.server_cpu = process::cpu(pid) - server;
        measured.load_cpu = process::cpu_of_children() - load;
        Ok(measured)
    }

    fn bounded(&self, command: Command) -> Outcome<String> {
        run_within(Duration::from_secs(u64::from(self.seconds) + 15), command)
    }

    fn wrk(&self) -> Command {
        let mut command = second_core("wrk");
        command.args(["-t1", "--latency", "--timeout", "10s"]);
        command.arg(format!("-c{}", self.connections)).arg(format!("-d{}s", self.seconds));
        if let Some(script) = self.script {
            command.arg("-s").arg(script);
        }
        command.arg(self.url);
        command
    }

    /// Percentiles are not printed by h2load: they come from its log, a line an answer.
    fn http2(&self) -> Outcome<Measured> {
        let log = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
        let mut command = second_core("h2load");
        // One cipher for all, so that none is compared with another.
        command.arg("--tls13-ciphers=TLS_AES_128_GCM_SHA256");
        command.args(["-t1", "-m4", &format!("-c{}", self.connections)]);
        command.args(["-D", &self.seconds.to_string(), "--log-file"]).arg(log.path());
        command.arg(self.url);
        let mut measured = read_h2load(&self.bounded(command)?)?;
        let text = fs_err::read_to_string(log.path()).map_err(|error| error.to_string())?;
        (measured.p50, measured.p99) = percentiles(&text);
        Ok(measured)
    }
}

fn second_core(program: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", "1", program]);
    command
}

fn read_wrk(text: &str) -> Outcome<Measured> {
    let mut measured = Measured::default();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [answers, "requests", "in", ..] => measured.answers = number(answers)?,
            ["Requests/sec:", rate] => measured.rate = number(rate)?,
            ["50%", time] => measured.p50 = milliseconds(time)?,
            ["99%", time] => measured.p99 = milliseconds(time)?,
            ["Non-2xx", .., wrong] => measured.wrong += number(wrong)?,
            ["Socket", "errors:", counts @ ..] => {
                let counts =
                    counts.iter().filter_map(|word| number(word.trim_end_matches(',')).ok());
                measured.wrong += counts.sum::<f64>();
            }
            _ => {}
        }
    }
    said(measured, text)
}

fn read_h2load(text: &str) -> Outcome<Measured> {
    let mut measured = Measured::default();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["finished", "in", _, rate, "req/s,", ..] => measured.rate = number(rate)?,
            ["status", "codes:", good, "2xx,", counts @ ..] => {
                measured.answers = number(good)?;
                measured.wrong += counts.iter().filter_map(|word| number(word).ok()).sum::<f64>();
            }
            ["requests:", .., failed, "failed,", errored, "errored,", late, "timeout"] => {
                let counts = [failed, errored, late].map(|word| number(word));
                measured.wrong += counts.into_iter().filter_map(Result::ok).sum::<f64>();
            }
            _ => {}
        }
    }
    said(measured, text)
}

fn said(measured: Measured, text: &str) -> Outcome<Measured> {
    if measured.answers > 0.0 && measured.rate > 0.0 {
        return Ok(measured);
    }
    Err(format!("the load had no answer:\n{text}"))
}

/// The median and the 99th percentile in milliseconds of lines `start, status, microseconds`.
fn percentiles(log: &str) -> (f64, f64) {
    let times = log.lines().filter_map(|line| line.split_whitespace().nth(2)?.parse().ok());
    let mut times: Vec<u32> = times.collect();
    times.sort_unstable();
    let at = |percent: usize| {
        let index = times.len().saturating_mul(percent) / 100;
        f64::from(times.get(index).or(times.last()).copied().unwrap_or(0)) / 1000.0
    };
    (at(50), at(99))
}

fn number(text: &str) -> Outcome<f64> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

/// wrk's times: `612.00us`, `1.41ms`, `1.02s`, `1.00m`.
fn milliseconds(text: &str) -> Outcome<f64> {
    let units = [("us", 0.001), ("ms", 1.0), ("s", 1000.0), ("m", 60_000.0)];
    let found = units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)));
    let (count, factor) = found.ok_or_else(|| format!("`{text}` is no time"))?;
    Ok(number(count)? * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wrk_prints_is_read() {
        let text = "Running 2s test @ http://127.0.0.1:1/\n  Latency Distribution\n     50%  612.00us\n     99%    1.02s \n  190000 requests in 2.00s, 300.00MB read\n  Socket errors: connect 0, read 3, write 0, timeout 1\n  Non-2xx or 3xx responses: 7\nRequests/sec:  95000.50\n";
        let read = read_wrk(text).unwrap();
        let expected = Measured {
            rate: 95_000.5,
            answers: 190_000.0,
            p50: 0.612,
            p99: 1020.0,
            wrong: 11.0,
            ..Measured::default()
        };
        assert_eq!(read, expected);
        assert!(read_wrk("unable to connect to 127.0.0.1:1\n").is_err());
    }

    #[test]
    fn what_h2load_prints_is_read() {
        let text = "finished in 2.00s, 45000.50 req/s, 50.1MB/s\nrequests: 90001 total, 90001 started, 90001 done, 90000 succeeded, 1 failed, 0 errored, 0 timeout\nstatus codes: 90000 2xx, 0 3xx, 1 4xx, 0 5xx\n";
        let read = read_h2load(text).unwrap();
        let expected =
            Measured { rate: 45_000.5, answers: 90_000.0, wrong: 2.0, ..Measured::default() };
        assert_eq!(read, expected);
    }

    #[test]
    fn percentiles_are_of_the_times_in_the_log() {
        let log: Vec<String> = (1..=100).map(|n| format!("9\t200\t{}", n * 1000)).collect();
        assert_eq!(percentiles(&log.join("\n")), (51.0, 100.0));
        assert_eq!(percentiles(""), (0.0, 0.0));
    }

    #[test]
    fn times_have_units() {
        let check = |text: &str, expected: f64| {
            let read = milliseconds(text).unwrap();
            assert!((read - expected).abs() < 1e-9, "{text}: {read}");
        };
        check("612.00us", 0.612);
        check("1.41ms", 1.41);
        check("1.50s", 1500.0);
        check("1.00m", 60_000.0);
        assert!(milliseconds("12").is_err());
    }
}
