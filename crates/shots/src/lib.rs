//! The picture pipeline: paint over, blur, compare, encode. Pure.
