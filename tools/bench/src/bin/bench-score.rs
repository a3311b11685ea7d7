//! `bench-score REFERENCE PICTURE...`: prints the SSIMULACRA2 score of each picture against the reference, one number
//! a line (100: the same; 90: no difference to be seen; 70: good; 50: fair).
#![allow(clippy::print_stdout, reason = "the answer to the caller")]

use anyhow::{Context, Result, anyhow, bail};
use ssimulacra2::{
    ColorPrimaries, LinearRgb, Rgb, TransferCharacteristic, compute_frame_ssimulacra2,
};

fn main() -> Result<()> {
    let mut files = std::env::args().skip(1);
    let (Some(reference), pictures) = (files.next(), files.collect::<Vec<_>>()) else {
        bail!("usage: bench-score REFERENCE PICTURE...");
    };
    let reference = linear(&reference)?;
    for picture in pictures {
        let score = compute_frame_ssimulacra2(reference.clone(), linear(&picture)?)
            .with_context(|| format!("comparing {picture}"))?;
        println!("{score:.2}");
    }
    Ok(())
}

fn linear(file: &str) -> Result<LinearRgb> {
    let picture = image::open(file)
        .with_context(|| format!("reading {file}"))?
        .to_rgb8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let pixels = picture
        .pixels()
        .map(|p| p.0.map(|v| f32::from(v) / 255.0))
        .collect();
    let rgb = Rgb::new(
        pixels,
        width,
        height,
        TransferCharacteristic::SRGB,
        ColorPrimaries::BT709,
    )
    .map_err(|e| anyhow!("{file}: {e}"))?;
    LinearRgb::try_from(rgb).map_err(|e| anyhow!("{file}: {e}"))
}
