//! Asks the server as the page does, and takes the time from the request's first byte to the answer's last.

use crate::days::YEAR;
use crate::ms;
use anyhow::{Context, Result, bail, ensure};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

struct Page {
    port: u16,
    token: String,
    /// Kept open, as browsers do.
    stream: RefCell<BufReader<TcpStream>>,
}

struct Answer {
    ms: f64,
    /// Bytes as they came, without the head.
    bytes: usize,
    text: Vec<u8>,
}

impl Page {
    fn enter(link: &str) -> Result<Self> {
        let (address, secret) = link.split_once("/#").context("no link")?;
        let port = address.rsplit(':').next().context("no port")?.parse()?;
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        let mut page = Self {
            port,
            token: String::new(),
            stream: RefCell::new(BufReader::new(stream)),
        };
        let answer = page.ask("/api/enter", Some(&json!({ "link": secret })))?;
        let told: Value = serde_json::from_slice(&answer.text)?;
        page.token = told["token"].as_str().context("no token")?.to_owned();
        Ok(page)
    }

    fn ask(&self, target: &str, body: Option<&Value>) -> Result<Answer> {
        let port = self.port;
        let body = body.map(Value::to_string).unwrap_or_default();
        let method = if body.is_empty() { "GET" } else { "POST" };
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n\
             Sec-Fetch-Site: same-origin\r\nAuthorization: Bearer {}\r\nAccept-Encoding: gzip\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        let mut stream = self.stream.borrow_mut();
        let begun = Instant::now();
        stream.get_mut().write_all(request.as_bytes())?;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            ensure!(stream.read_line(&mut head)? > 0, "{target}: no answer");
        }
        let head = head.to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let body = match length {
            Some(length) => {
                let mut body = vec![0; length.trim().parse()?];
                stream.read_exact(&mut body)?;
                body
            }
            None => pieces(&mut *stream)?,
        };
        let ms = ms(begun);
        let packed = head.contains("content-encoding: gzip");
        let mut text = Vec::new();
        match packed {
            true => GzDecoder::new(body.as_slice())
                .read_to_end(&mut text)
                .map(drop)?,
            false => text.extend_from_slice(&body),
        }
        if !head.starts_with("http/1.1 200") {
            bail!("{target}: {head}{}", String::from_utf8_lossy(&text));
        }
        Ok(Answer {
            ms,
            bytes: body.len(),
            text,
        })
    }

    fn json(&self, target: &str) -> Result<(Value, Answer)> {
        let answer = self.ask(target, None)?;
        Ok((serde_json::from_slice(&answer.text)?, answer))
    }
}

/// A body that comes in pieces, each behind its length.
fn pieces(stream: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim(), 16).context("the length of a piece")?;
        let begin = body.len();
        body.resize(begin + length, 0);
        if let Some(piece) = body.get_mut(begin..) {
            stream.read_exact(piece)?;
        }
        stream.read_line(&mut String::new())?;
        if length == 0 {
            return Ok(body);
        }
    }
}

/// The largest, the middle one, and the one that 99 in a hundred do not exceed.
fn spread(mut times: Vec<f64>) -> Value {
    times.sort_by(f64::total_cmp);
    let at = |part: usize| {
        let place = (times.len() * part).div_ceil(100).max(1) - 1;
        times.get(place).copied().unwrap_or(0.0)
    };
    json!({ "runs": times.len(), "p50": at(50), "p99": at(99), "most": at(100) })
}

pub(crate) fn ask(link: &str, quick: bool) -> Result<Value> {
    let page = Page::enter(link)?;
    let (first, last) = YEAR;

    let mut times = Vec::new();
    let mut again = Vec::new();
    let mut heaviest = 0;
    let step = if quick { 12 } else { 1 };
    for day in first
        .series(jiff::Span::new().days(1))
        .take_while(|day| *day <= last)
        .step_by(step)
    {
        let (told, answer) = page.json(&format!("/api/day?day={day}"))?;
        let pieces = told["pieces"].as_array().map_or(0, Vec::len);
        let shots = told["shots"].as_array().map_or(0, Vec::len);
        ensure!(pieces > 400, "{day} has {pieces} pieces");
        ensure!(shots == crate::days::SHOTS, "{day} has {shots} pictures");
        heaviest = heaviest.max(answer.bytes);
        times.push(answer.ms);
        // Its notice is written.
        again.push(page.ask(&format!("/api/day?day={day}"), None)?.ms);
    }
    let (day, again) = (spread(times), spread(again));

    let runs = if quick { 2 } else { 5 };
    let many = |by: &str, first: &str, last: &str| -> Result<(f64, usize)> {
        let mut times = Vec::new();
        let mut bytes = 0;
        for _ in 0..runs {
            let target = format!("/api/days?first={first}&last={last}&by={by}");
            let (told, answer) = page.json(&target)?;
            ensure!(
                told["names"].as_array().is_some_and(|n| n.len() > 2),
                "{told}"
            );
            times.push(answer.ms);
            bytes = answer.bytes;
        }
        // The slowest counts: the first look is the one that is waited for.
        Ok((times.into_iter().fold(0.0, f64::max), bytes))
    };
    let (from, to) = (first.to_string(), last.to_string());
    let (app, app_bytes) = many("app", &from, &to)?;
    let (category, _) = many("category", &from, &to)?;
    let (project, _) = many("project", &from, &to)?;
    let (month, _) = many("category", "2025-12-01", "2025-12-31")?;

    let search = |words: &str| -> Result<(f64, usize)> {
        let mut most: f64 = 0.0;
        let mut hits = 0;
        for _ in 0..runs {
            let target = format!("/api/search?q={words}&first={from}&last={to}");
            let answer = page.ask(&target, None)?;
            let lines = answer.text.split(|b| *b == b'\n');
            let lines = lines.filter_map(|l| serde_json::from_slice::<Value>(l).ok());
            hits = lines
                .map(|l| l["hits"].as_array().map_or(0, Vec::len))
                .sum();
            most = most.max(answer.ms);
        }
        Ok((most, hits))
    };
    // Once in the year, a few times in the year, on most days, and never.
    let once = search("%22zebra%22")?;
    let seldom = search("client+996")?;
    let often = search("figures")?;
    ensure!(
        once.1 == 0 && seldom.1 > 0 && often.1 > 200,
        "{once:?} {seldom:?} {often:?}"
    );

    let mut shots = Vec::new();
    for target in [
        "/api/shots".to_owned(),
        format!("/api/shots?day={first}"),
        "/api/shots?q=zebra".to_owned(),
        "/api/shots?app=Gimp".to_owned(),
    ] {
        for _ in 0..runs {
            shots.push(page.ask(&target, None)?.ms);
        }
    }
    Ok(json!({
        "day": day, "day_again": again,
        "day_bytes": heaviest,
        "year_app": app, "year_bytes": app_bytes,
        "year_category": category,
        "year_project": project,
        "month_category": month,
        "search_none": once.0, "search_seldom": seldom.0, "search_often": often.0,
        "gallery": spread(shots),
    }))
}
