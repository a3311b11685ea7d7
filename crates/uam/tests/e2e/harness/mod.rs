//! A real `uam` process in a home of its own, driven as a person and a script would.

mod running;

pub use running::{Running, send, until};

use lab::s3::S3Server;
use model::{NoticeCode, Record, RecordLine, Span};
use platform::clock::unix_time;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The secret that opens the vault where there is no credential store.
pub const PASSPHRASE: &str = "correct horse battery staple";

/// Makes the command that runs `uam` in a home of its own, with nothing inherited that could change its behaviour.
type Launch = Box<dyn Fn(&Path) -> Command>;

/// An unlock does not outlive its test.
impl Drop for Home {
    fn drop(&mut self) {
        if self.path("run/unlock.sock").exists() {
            let _ = self.output(&["lock"]);
        }
    }
}

/// A home and everything that is needed to run in it.
pub struct Home {
    pub dir: tempfile::TempDir,
    launch: Launch,
    env: Vec<(String, String)>,
    secret: Option<String>,
    last_step: u64,
}

impl Home {
    pub fn new() -> Self {
        Self::launched(Box::new(|home| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_uam"));
            command
                .env_clear()
                .env("UAM_HOME", home)
                .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
                .env("TZ", "Europe/Berlin");
            for name in ["PATH", "HOME", "LLVM_PROFILE_FILE"] {
                if let Some(value) = std::env::var_os(name) {
                    command.env(name, value);
                }
            }
            command
        }))
    }

    /// A home in which `uam` is run as `launch` says.
    pub fn launched(launch: Launch) -> Self {
        let dir = tempfile::Builder::new()
            .prefix("uam-e2e-")
            .tempdir()
            .unwrap();
        fs::create_dir(dir.path().join("cwd")).unwrap();
        Self {
            dir,
            launch,
            env: Vec::new(),
            secret: None,
            last_step: 0,
        }
    }

    pub fn on(mut self, display: &str) -> Self {
        self.env.push(("DISPLAY".into(), display.into()));
        self
    }

    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    pub fn envs(mut self, values: Vec<(&'static str, String)>) -> Self {
        self.env
            .extend(values.into_iter().map(|(n, v)| (n.to_owned(), v)));
        self
    }

    /// Settings. Nothing is held back before it is sent, unless a test says otherwise.
    pub fn config(self, text: &str) -> Self {
        let text = match text.contains("hold_seconds") {
            true => text.to_owned(),
            false => text.replace("[upload]\n", "[upload]\nhold_seconds = 0\n"),
        };
        fs::write(self.path("config.toml"), text).unwrap();
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Where the program is started, and so where `mfa_qr.png` appears.
    pub fn cwd(&self) -> PathBuf {
        self.path("cwd")
    }

    /// `uam ARGS` in this home.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = (self.launch)(self.dir.path());
        command
            .args(args)
            .current_dir(self.cwd())
            .envs(self.env.iter().map(|(n, v)| (n, v)));
        command
    }

    pub fn output(&self, args: &[&str]) -> Output {
        self.command(args).stdin(Stdio::null()).output().unwrap()
    }

    /// Runs a command that must succeed, and gives its standard output.
    pub fn ok(&self, args: &[&str]) -> String {
        let out = self.output(args);
        let text = String::from_utf8(out.stdout).unwrap();
        assert!(
            out.status.success(),
            "{args:?} ({}): {text}{}",
            out.status,
            String::from_utf8_lossy(&out.stderr)
        );
        text
    }

    /// A code that has not been used yet. The gate takes each step once, and the steps beside the present one too, so
    /// a few starts need not wait for the clock.
    pub fn code(&mut self) -> String {
        let now = unix_time().as_secs();
        let (step, into) = (now / 30, now % 30);
        // Early enough in a step, the one before is accepted still when it is checked.
        let earliest = if into < 20 { step - 1 } else { step };
        let wanted = earliest.max(self.last_step + 1);
        until("the authenticator shows a new code", || {
            (unix_time().as_secs() / 30 + 1 >= wanted).then_some(())
        });
        self.last_step = wanted;
        code_at(
            self.secret
                .as_ref()
                .expect("the first run tells the secret"),
            wanted,
        )
    }

    /// Starts recording and answers everything that is asked.
    pub fn start(&mut self, args: &[&str]) -> Running {
        let mut running = self.spawn(args);
        self.answer_vault(&mut running);
        running.prompt("Code from your authenticator app");
        let code = self.code();
        running.say(&code);
        running.line_with("Recording to ");
        until("the instance answers", || {
            self.output(&["status"]).status.success().then_some(())
        });
        running
    }

    /// Answers up to the code: the agreement and the new vault's passphrase the first time, later the passphrase. Where
    /// there is a credential store, no passphrase is asked for.
    pub fn answer_vault(&mut self, running: &mut Running) {
        if self.secret.is_none() {
            running.prompt("Do you agree?");
            running.say("y");
            if running.first_of(&["New passphrase", "type this secret"]) == 0 {
                running.prompt("New passphrase");
                running.say(PASSPHRASE);
                running.prompt("once more");
                running.say(PASSPHRASE);
            }
            let line = running.line_with("Or type this secret into the app: ");
            self.secret = Some(line.rsplit(' ').next().unwrap().to_owned());
            return;
        }
        if running.first_of(&["Passphrase", "Code from"]) == 0 {
            running.prompt("Passphrase");
            running.say(PASSPHRASE);
        }
    }

    /// The secret of the codes, for a test that read it itself.
    pub fn knows(&mut self, secret: &str) {
        self.secret = Some(secret.to_owned());
    }

    /// `uam ARGS`, which asks for both factors.
    pub fn with_factors(&mut self, args: &[&str]) -> Running {
        let mut running = self.interactive(args);
        self.answer_vault(&mut running);
        running.prompt("Code from your authenticator app");
        let code = self.code();
        running.say(&code);
        running
    }

    /// Unlocks the record, so that reading commands ask for nothing.
    pub fn unlock(&mut self) {
        let mut running = self.with_factors(&["unlock"]);
        let status = running.wait();
        assert!(status.success(), "{status}: {}", running.said());
    }

    /// The viewer's identity as text.
    pub fn viewer(&self) -> String {
        self.recovered().identity.reveal().to_string()
    }

    /// The keys that open sealed records, from a recovery code.
    pub fn opener(&self) -> vault::Opener {
        self.recovered().opener
    }

    /// By the first of the recovery codes. It is not used up: only the file is read.
    fn recovered(&self) -> vault::RecoveredKeys {
        let page = fs::read_to_string(self.path("kit.txt")).unwrap();
        let code = page
            .lines()
            .find_map(|l| l.trim_start().strip_prefix("[ ]  1"))
            .expect("the page lists the codes");
        let code = vault::RecoveryCode::parse(code.trim()).unwrap();
        vault::open_vault_copy(&self.path("data/vault/vault.json"), &code).unwrap()
    }

    /// The journal, opened beside the program.
    pub fn reader(&self) -> journal::Reader {
        journal::Reader::open(&self.path("data/journal"), self.opener()).unwrap()
    }

    /// Every recorded line as it was sealed.
    pub fn export(&self) -> String {
        let lines = self.reader().read_raw_lines(0, usize::MAX >> 1).unwrap();
        let text = |(_, line): (u64, Vec<u8>)| String::from_utf8(line).unwrap() + "\n";
        lines.into_iter().map(text).collect()
    }

    /// Starts recording without answering anything.
    pub fn spawn(&self, args: &[&str]) -> Running {
        let mut all = vec!["run", "--yes", "--plain", "--recovery-kit", "../kit.txt"];
        all.extend(args);
        Running::new(self.command(&all))
    }

    /// `uam ARGS` with a pipe at each end.
    pub fn interactive(&self, args: &[&str]) -> Running {
        Running::new(self.command(args))
    }

    /// The process of this home that executes `command`, by its number on this computer.
    pub fn process(&self, command: &str) -> Option<u32> {
        // Under Wine the home has another spelling, but the same name.
        let name = self.dir.path().file_name()?.to_str()?;
        fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let environ = fs::read(format!("/proc/{pid}/environ")).ok()?;
            let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
            let has = |bytes: &[u8], word: &str| String::from_utf8_lossy(bytes).contains(word);
            (has(&environ, name) && has(&line, command)).then_some(pid)
        })
    }

    /// The running instance's status.
    pub fn status(&self) -> report::AgentStatus {
        serde_json::from_str(&self.ok(&["status", "--json"])).unwrap()
    }

    /// Every recorded line, as bytes and as a record.
    pub fn lines(&self) -> Vec<(String, RecordLine)> {
        self.export()
            .lines()
            .map(|l| (l.to_owned(), serde_json::from_str(l).unwrap()))
            .collect()
    }

    /// The bytes of the screenshot with this number.
    pub fn picture(&self, seq: u64) -> Vec<u8> {
        self.reader().open_screenshot(seq).unwrap()
    }

    /// The codes of the recorded notices, in order.
    pub fn notices(&self) -> Vec<NoticeCode> {
        self.lines()
            .into_iter()
            .filter_map(|(_, l)| match l.record {
                Record::Notice(n) => Some(n.code),
                _ => None,
            })
            .collect()
    }

    pub fn spans(&self) -> Vec<Span> {
        self.lines()
            .into_iter()
            .filter_map(|(_, l)| {
                if let Record::Span(s) = l.record {
                    Some(s)
                } else {
                    None
                }
            })
            .collect()
    }
}

/// Asserts that server and journal hold the same, record for record and byte for byte.
pub fn assert_bucket_equals_journal(home: &Home, server: &S3Server) {
    let (segments, pictures) = opened(&server.objects().unwrap(), &home.opener());
    let journal = home.export();
    assert!(!journal.is_empty());
    assert_eq!(segments, journal, "record for record and byte for byte");
    let shots: Vec<_> = home
        .lines()
        .into_iter()
        .filter_map(|(_, l)| {
            if let Record::Shot(s) = l.record {
                Some((l.seq, s))
            } else {
                None
            }
        })
        .collect();
    assert!(!shots.is_empty());
    assert_eq!(shots.len(), pictures.len());
    for (seq, shot) in shots {
        assert_eq!(
            Some(&home.picture(seq)),
            pictures.get(&seq),
            "picture {seq}"
        );
        assert_eq!(upload::sha256_hex(&pictures[&seq]), shot.sha256);
    }
}

impl Running {
    /// Ends supervisor and worker at the same moment, as a power cut does.
    pub fn kill_both(&mut self, home: &Home) {
        use rustix::process::Signal;
        let worker = home.process("worker").expect("a recording has a worker");
        // It stands still, so that it cannot end cleanly when its supervisor is gone.
        send(worker, Signal::STOP);
        self.signal(Signal::KILL);
        self.wait();
        send(worker, Signal::KILL);
        until("the worker is gone", || {
            (!Path::new(&format!("/proc/{worker}")).exists()).then_some(())
        });
    }
}

/// RFC 6238 for one step.
fn code_at(secret: &str, step: u64) -> String {
    let secret = data_encoding::BASE32_NOPAD
        .decode(secret.as_bytes())
        .unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    totp.generate(step * 30).to_string()
}

/// Every file below `dir`.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match (path.is_symlink(), path.is_dir()) {
                (false, true) => folders.push(path),
                (false, false) if path.is_file() => all.push(path),
                _ => {}
            }
        }
    }
    all
}

/// The lines of every activity segment, in order, and the screenshots by their sequence number, whatever they were
/// sealed with.
pub fn opened(
    objects: &BTreeMap<String, Vec<u8>>,
    opener: &vault::Opener,
) -> (String, BTreeMap<u64, Vec<u8>>) {
    let mut segments = Vec::new();
    let mut pictures = BTreeMap::new();
    for (key, body) in objects {
        let name = key.rsplit('/').next().unwrap().to_owned();
        let body = match key.ends_with(".age") {
            true => opener.open_file(body).expect(key).to_vec(),
            false => body.clone(),
        };
        if key.contains("kind=activity") {
            assert!(!key.contains(".sealed."), "{key}: the lease was there");
            let lines = zstd::decode_all(body.as_slice()).unwrap();
            segments.push((name, String::from_utf8(lines).unwrap()));
        } else if key.contains("kind=shot") {
            let seq = upload::object_keys::ObjectKey::parse(key).unwrap().seq;
            assert!(pictures.insert(seq, body).is_none(), "{key} is there twice");
        } else {
            let known = ["kind=vault", "kind=manifest"]
                .iter()
                .any(|k| key.contains(k));
            assert!(known, "an object nobody knows: {key}");
        }
    }
    segments.sort();
    let lines = segments.into_iter().map(|(_, text)| text);
    (lines.collect(), pictures)
}
