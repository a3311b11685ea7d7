//! The real program at fifty times the usual rate: its memory and its handles must not grow.
//!
//! It replays a trace of ten switches of window and ten batches of input a second (a busy person makes twelve switches a
//! minute), takes a screenshot every five seconds, and uploads to a directory every five seconds.

use crate::lab::{LabVerdict, ProgressBar, RunLength};
use crate::memory;
use anyhow::{Context, Result, bail, ensure};
use model::{
    ActiveWindow, Counts, Coverage, InputCounts, Moment, SensorEvent, TimedEvent, Timestamp,
    WindowHandle, WindowInfo,
};
use report::AgentStatus;
use std::fs;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Events of each kind in a second.
const RATE: u64 = 10;

/// How long the program may take to start, or to end.
const PATIENCE: Duration = Duration::from_secs(60);

const CONFIG: &str = concat!(
    "[shots]\n",
    "blur = false\nevery_seconds = 5\nkeep_mb = 1\n",
    "[upload]\nevery_seconds = 5\nhold_seconds = 0\n"
);

/// A trace as long as `seconds`.
fn write_trace(file: &Path, seconds: u64) -> Result<()> {
    let mut out = BufWriter::new(fs::File::create(file)?);
    let start = Moment {
        utc: Timestamp::from_seconds(1_790_000_000),
        boot: Duration::from_secs(1),
        awake: Duration::from_secs(1),
    };
    for n in 0..seconds * RATE {
        let at = start + Duration::from_micros(n * 1_000_000 / RATE);
        let window = Arc::new(WindowInfo {
            app: format!("Application {}", n % 40),
            exe: "/usr/bin/something".into(),
            title: format!("Window {n} of a long day with a title of the usual length"),
        });
        let handle = WindowHandle(n % 200);
        let keys = InputCounts {
            keys: 3,
            left: 1,
            ..InputCounts::default()
        };
        let counts = Counts {
            hardware: keys,
            ..Counts::default()
        };
        for event in [
            SensorEvent::Window {
                active: Some(ActiveWindow { handle, window }),
            },
            SensorEvent::Input { counts },
        ] {
            serde_json::to_writer(&mut out, &TimedEvent { at, event })?;
            out.write_all(b"\n")?;
        }
    }
    Ok(out.flush()?)
}

/// The running program and its output.
struct SoakProcess {
    child: Child,
    stdin: ChildStdin,
    said: Arc<Mutex<String>>,
}

impl SoakProcess {
    fn start(command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start uam")?;
        let said = Arc::new(Mutex::new(String::new()));
        let stdout = child.stdout.take().context("no output")?;
        let stderr = child.stderr.take().context("no errors")?;
        collect_output(stdout, Arc::clone(&said));
        collect_output(stderr, Arc::clone(&said));
        let stdin = child.stdin.take().context("no input")?;
        Ok(Self { child, stdin, said })
    }

    fn said(&self) -> String {
        self.said
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn wait_for(&mut self, text: &str) -> Result<()> {
        let begun = Instant::now();
        while !self.said().contains(text) {
            if let Some(status) = self.child.try_wait()? {
                bail!("uam ended ({status}); it said:\n{}", self.said());
            }
            ensure!(
                begun.elapsed() < PATIENCE,
                "uam never said {text:?}:\n{}",
                self.said()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn say(&mut self, line: &str) -> Result<()> {
        Ok(writeln!(self.stdin, "{line}")?)
    }

    /// Agrees and enters the first code, as on a first run.
    fn answer_first_run(&mut self) -> Result<()> {
        self.wait_for("Do you agree?")?;
        self.say("y")?;
        self.wait_for("New passphrase")?;
        self.say("correct horse battery staple")?;
        self.wait_for("once more")?;
        self.say("correct horse battery staple")?;
        self.wait_for("Code from")?;
        let said = self.said();
        let secret = said
            .lines()
            .find_map(|line| line.split_once("type this secret into the app: "))
            .map(|(_, secret)| secret.trim())
            .context("uam told no secret")?;
        let secret = data_encoding::BASE32_NOPAD.decode(secret.as_bytes())?;
        let totp = totp_rs::Builder::new().with_secret(secret).build()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let code = totp.generate(now).to_string();
        self.say(&code)?;
        self.wait_for("Recording to ")
    }
}

impl Drop for SoakProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Keeps the first output, and reads the rest so that the program never blocks.
fn collect_output(from: impl Read + Send + 'static, into: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        let mut from = BufReader::new(from);
        while let Ok(bytes) = from.fill_buf() {
            let n = bytes.len();
            if n == 0 {
                return;
            }
            let mut said = into.lock().unwrap_or_else(PoisonError::into_inner);
            if said.len() < 64 * 1024 {
                said.push_str(&String::from_utf8_lossy(bytes));
            }
            drop(said);
            from.consume(n);
        }
    });
}

/// Memory and handles of a process at one moment.
#[derive(Clone, Copy, Debug)]
struct SoakSample {
    seconds: f64,
    rss_kb: f64,
    handles: usize,
}

fn take_sample(pid: u32, begun: Instant) -> Option<SoakSample> {
    let rss = memory::read_status_kib(&pid.to_string(), "VmRSS").ok()?;
    Some(SoakSample {
        seconds: begun.elapsed().as_secs_f64(),
        rss_kb: rss as f64,
        handles: fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count(),
    })
}

/// Slope by least squares, in KB a minute.
fn fit_slope(samples: &[SoakSample]) -> f64 {
    let n = samples.len() as f64;
    let mean = |of: fn(&SoakSample) -> f64| samples.iter().map(of).sum::<f64>() / n;
    let (t, r) = (mean(|s| s.seconds), mean(|s| s.rss_kb));
    let over: f64 = samples
        .iter()
        .map(|s| (s.seconds - t) * (s.rss_kb - r))
        .sum();
    let under: f64 = samples.iter().map(|s| (s.seconds - t).powi(2)).sum();
    60.0 * over / under.max(f64::MIN_POSITIVE)
}

/// The handles that are always open: the fewest of any sample. Uploads and viewers open some for a moment.
fn count_open_handles(samples: &[SoakSample]) -> usize {
    samples.iter().map(|s| s.handles).min().unwrap_or(0)
}

/// Growth by more KB a minute in the long run is a leak: half a megabyte in an hour at the usual
/// rate would be 420.
const MOST_KB_A_MINUTE: f64 = 256.0;

pub(crate) fn run(length: RunLength) -> Result<LabVerdict> {
    if !Path::new("/proc/self/fd").exists() {
        return Ok(LabVerdict::CannotHere(
            "there is no /proc to look at a process".to_owned(),
        ));
    }
    let Some(program) = std::env::var_os("FAULT_LAB_UAM") else {
        return Ok(LabVerdict::CannotHere(
            "FAULT_LAB_UAM does not name the uam program; run it with `cargo xtask lab soak`"
                .to_owned(),
        ));
    };
    let (seconds, warm) = length.pick((18, 6), (1_200, 240));
    let home = tempfile::tempdir()?;
    fs::write(home.path().join("config.toml"), CONFIG)?;
    let trace_file = home.path().join("trace.jsonl");
    // With time to spare for the start.
    write_trace(&trace_file, seconds + 120)?;
    let uam = |args: &[&str]| {
        let mut command = Command::new(&program);
        command
            .args(args)
            .env_clear()
            .env("UAM_HOME", home.path())
            .env("TZ", "UTC")
            .current_dir(home.path());
        command
    };
    let mut command = uam(&["run", "--yes", "--plain", "--recovery-kit", "kit.txt"]);
    let mut running = SoakProcess::start(command.arg("--replay").arg(&trace_file))?;
    running.answer_first_run()?;
    let read_status = || -> Result<AgentStatus> {
        let out = uam(&["status", "--json"]).output()?;
        serde_json::from_slice(&out.stdout).context("uam did not print its status")
    };
    let start = Instant::now();
    let first = loop {
        match read_status() {
            Ok(status) => break status,
            Err(e) if start.elapsed() > PATIENCE => return Err(e),
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    let bar = ProgressBar::new(seconds, length);
    let samples = watch_process(&mut running, first.pid, (seconds, warm), bar)?;
    let last = read_status()?;
    let stopped = uam(&["stop"]).output()?;
    ensure!(
        stopped.status.success(),
        "uam did not stop well: {stopped:?}"
    );
    let counted = check_counts(&first, &last, seconds)?;
    let third = samples.len() / 3;
    let (early, late) = (
        count_open_handles(&samples[..third]),
        count_open_handles(&samples[2 * third..]),
    );
    ensure!(late <= early, "{early} handles at first, {late} at the end");
    let grows = fit_slope(&samples);
    let rss = samples.last().map_or(0.0, |s| s.rss_kb) / 1024.0;
    if length == RunLength::Long {
        ensure!(
            grows <= MOST_KB_A_MINUTE,
            "memory grows by {grows:.0} KB a minute at fifty times the usual rate"
        );
    }
    Ok(LabVerdict::Passed(format!(
        "{seconds} s of uam at 50 times the usual rate ({counted}): {rss:.1} MiB, memory grows by {grows:.0} KB a minute, \
         {late} handles at the end, {early} at first"
    )))
}

/// Samples the recording process `pid` for `seconds`, after the first `warm` of them.
fn watch_process(
    running: &mut SoakProcess,
    pid: u32,
    (seconds, warm): (u64, u64),
    mut bar: ProgressBar,
) -> Result<Vec<SoakSample>> {
    let start = Instant::now();
    let mut samples = Vec::new();
    while start.elapsed() < Duration::from_secs(seconds) {
        std::thread::sleep(Duration::from_millis(200));
        ensure!(
            running.child.try_wait()?.is_none(),
            "uam ended; it said:\n{}",
            running.said()
        );
        if start.elapsed() >= Duration::from_secs(warm) {
            samples.push(take_sample(pid, start).context("the recording process is gone")?);
        }
        bar.at(start.elapsed().as_secs());
    }
    Ok(samples)
}

/// Checks that everything was counted, by one process; returns the counts in words.
fn check_counts(first: &AgentStatus, last: &AgentStatus, seconds: u64) -> Result<String> {
    let keys = last.today_counts.keys() - first.today_counts.keys();
    // A machine so busy that the program stood still for half a minute shows that as not recorded (`blind`), and counts
    // nothing in it.
    let blind_time = |status: &AgentStatus| -> Duration {
        let blind = status
            .today
            .iter()
            .filter(|t| t.state == Coverage::NotRecorded);
        blind.map(|t| t.duration).sum()
    };
    let blind = blind_time(last).saturating_sub(blind_time(first));
    let blind = u64::try_from(blind.as_micros().div_ceil(1_000_000))?;
    let expected = 3 * RATE * seconds.saturating_sub(blind);
    // Counts reach the status with the next checkpoint.
    ensure!(
        keys + 3 * RATE * 10 >= expected && last.pid == first.pid,
        "{keys} keys were counted of about {expected} ({blind} s not recorded), by process {} and then {}",
        first.pid,
        last.pid
    );
    Ok(format!("{keys} keys, {blind} s not recorded"))
}
