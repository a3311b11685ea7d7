//! A `uam` process with a pipe at each end: reads its output, answers its prompts and waits for its end.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Nothing here takes longer than this on any machine that is not broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `done` gives something.
pub fn until<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = done() {
            return value;
        }
        assert!(begun.elapsed() < PATIENCE, "never happened: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A `uam run`.
pub struct Running {
    pub child: Child,
    stdin: Option<ChildStdin>,
    said: Arc<Mutex<String>>,
    read: usize,
}

impl Running {
    pub fn new(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        collect(child.stdout.take().unwrap(), Arc::clone(&said));
        collect(child.stderr.take().unwrap(), Arc::clone(&said));
        let stdin = child.stdin.take();
        Self {
            child,
            stdin,
            said,
            read: 0,
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    pub fn say(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Ends the input, as a script that has no more to say does.
    pub fn hang_up(&mut self) {
        self.stdin = None;
    }

    /// Waits for a prompt (which has no line end) after what was read before.
    pub fn prompt(&mut self, text: &str) {
        self.read = self.wait_for(text);
    }

    /// Waits for a prompt that contains `text`, and gives it up to its colon.
    pub fn line_of(&mut self, text: &str) -> String {
        let end = self.wait_for(text);
        let line = until("the prompt's end", || {
            let said = self.said();
            let start = said[..end].rfind('\n').map_or(0, |n| n + 1);
            said[end..]
                .find(": ")
                .map(|n| said[start..end + n + 1].to_owned())
        });
        self.read = end;
        line
    }

    /// Waits for the first of these; its place in the list. What comes after it is read next, itself included.
    pub fn first_of(&mut self, texts: &[&str]) -> usize {
        let from = self.read;
        until(&format!("uam says one of {texts:?}"), || {
            let said = self.said();
            let place = |text: &&str| said[from..].find(*text);
            (0..texts.len())
                .filter(|n| place(&texts[*n]).is_some())
                .min_by_key(|n| place(&texts[*n]))
        })
    }

    /// Waits for a line that contains `text`.
    pub fn line_with(&mut self, text: &str) -> String {
        let end = self.wait_for(text);
        let line = until("the line's end", || {
            let said = self.said();
            let start = said[..end].rfind('\n').map_or(0, |n| n + 1);
            said[end..]
                .find('\n')
                .map(|n| said[start..end + n].to_owned())
        });
        self.read = end;
        line
    }

    fn wait_for(&mut self, text: &str) -> usize {
        let from = self.read;
        until(&format!("uam says {text:?}"), || {
            let said = self.said();
            if let Some(at) = said[from..].find(text) {
                return Some(from + at + text.len());
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                // What it said last may still be on its way through the pipe.
                std::thread::sleep(Duration::from_millis(100));
                let said = self.said();
                assert!(
                    said[from..].contains(text),
                    "uam ended ({status}) before it said {text:?}; it said:\n{said}"
                );
            }
            None
        })
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        send(self.pid(), signal);
    }

    /// Waits for the end.
    pub fn wait(&mut self) -> ExitStatus {
        until("uam ends", || self.child.try_wait().unwrap())
    }

    /// Ends it as Ctrl-C does, and checks that it ended well.
    pub fn stop(mut self) -> String {
        self.signal(rustix::process::Signal::INT);
        let status = self.wait();
        assert!(status.success(), "{status}: {}", self.said());
        self.said()
    }
}

/// Sends a signal to a process.
pub fn send(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("uam said:\n{}", self.said());
        }
    }
}

fn collect(from: impl Read + Send + 'static, into: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        let mut from = BufReader::new(from);
        loop {
            let Ok(bytes) = from.fill_buf().map(<[u8]>::to_vec) else {
                return;
            };
            if bytes.is_empty() {
                return;
            }
            into.lock()
                .unwrap()
                .push_str(&String::from_utf8_lossy(&bytes));
            from.consume(bytes.len());
        }
    });
}
