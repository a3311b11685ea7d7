//! Prints what the sensors say, and at the end what they cost: `listen [SECONDS] [IDLE_SECONDS]`.
//!
//! With `UAM_QUIET=1` events are only counted.

#![allow(clippy::print_stdout)]

use model::{SensorEvent, SensorKind};
use platform::clock::SystemClock;
use sense::{Desktop, DesktopOptions};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

fn main() {
    let number = |n: usize| std::env::args().nth(n).and_then(|text| text.parse().ok());
    let time = Duration::from_secs(number(1).unwrap_or(60));
    let quiet = std::env::var_os("UAM_QUIET").is_some();
    let options = DesktopOptions {
        idle_limit: Duration::from_secs(number(2).unwrap_or(300)),
        ..DesktopOptions::default()
    };
    let mut desktop = Desktop::open(&options, Arc::new(SystemClock));
    for capability in desktop.capabilities() {
        println!("{:<8} {:?}", capability.concern, capability.support);
    }
    for note in desktop.notes() {
        println!("  {note}");
    }
    let mut screen = desktop.take_capture();
    let (tx, rx) = sync_channel(1024);
    let running = desktop.start(tx);
    let begin = Instant::now();
    let cost = usage();
    let (mut keys, mut clicks, mut events) = (0, 0, 0u64);
    let mut active = None;
    loop {
        let left = time.saturating_sub(begin.elapsed());
        match rx.recv_timeout(left) {
            Ok(item) => {
                events += 1;
                if let SensorEvent::Input { counts } = &item.event {
                    keys += counts.keys();
                    clicks += counts.clicks();
                }
                if let SensorEvent::Window { active: now } = &item.event {
                    active = now.as_ref().map(|now| now.handle);
                }
                if !quiet {
                    println!("{} {:?}", item.at.boot.as_micros(), item.event);
                }
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    println!("cost while listening: {}", difference(&cost, &usage()));
    println!("{events} events, {keys} keys, {clicks} clicks");
    if let (Some(screen), Some(handle)) = (&mut screen, active) {
        let before = usage();
        let mut sum = 0u64;
        for _ in 0..20 {
            let outcome = screen.capture_window(handle, &mut |frame| {
                sum += frame
                    .bgrx
                    .iter()
                    .step_by(4096)
                    .map(|b| u64::from(*b))
                    .sum::<u64>();
            });
            if let Err(error) = outcome {
                println!("{}: {error}", SensorKind::Screen);
            }
        }
        println!(
            "20 pictures (checksum {sum}): {}",
            difference(&before, &usage())
        );
        println!("memory with a picture: {}", memory());
        screen.release_memory();
        println!("memory after release:  {}", memory());
    }
    running.stop();
}

/// CPU time in milliseconds and voluntary context switches of every thread.
fn usage() -> (f64, u64) {
    let mut cpu_us = 0.0;
    let mut switches = 0;
    for task in std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten()
    {
        let text = |name: &str| std::fs::read_to_string(task.path().join(name)).unwrap_or_default();
        let nanos: f64 = text("schedstat")
            .split(' ')
            .next()
            .and_then(|t| t.parse().ok())
            .unwrap_or(0.0);
        cpu_us += nanos / 1e3;
        let status = text("status");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        switches += line.and_then(|n| n.trim().parse::<u64>().ok()).unwrap_or(0);
    }
    (cpu_us / 1e3, switches)
}

fn difference(before: &(f64, u64), after: &(f64, u64)) -> String {
    format!(
        "{:.2} ms of CPU, {} wake-ups",
        after.0 - before.0,
        after.1 - before.1
    )
}

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let wanted = ["VmRSS", "RssAnon", "RssShmem", "Threads"];
    let lines = status
        .lines()
        .filter(|line| wanted.iter().any(|name| line.starts_with(name)));
    lines
        .map(|line| line.replace('\t', " "))
        .collect::<Vec<_>>()
        .join(", ")
}
