use super::*;
use alloc::string::String;
use core::fmt::Write;
use crypto::testing::TestRng;

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|d| u8::try_from(d).unwrap()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, b| {
        write!(text, "{b:02x}").unwrap();
        text
    })
}

pub(crate) const GROUPS: [Group; 3] = [Group::P256, Group::P384, Group::P521];

macro_rules! with_curve {
    ($group:expr, $module:ident :: $function:ident ( $($argument:expr),* )) => {
        match $group {
            Group::P256 => $module::$function::<P256, { P256::LIMBS }>($($argument),*),
            Group::P384 => $module::$function::<P384, { P384::LIMBS }>($($argument),*),
            Group::P521 => $module::$function::<P521, { P521::LIMBS }>($($argument),*),
            Group::Modp(_) => panic!("no curve"),
        }
    };
}

/// RFC 9380, J.1.1, J.3.1 and J.4.1, message "": the same mapping with the same constants.
const MAPPINGS: [[&str; 7]; 3] = [
    [
        "ad5342c66a6dd0ff080df1da0ea1c04b96e0330dd89406465eeba11582515009",
        "ab640a12220d3ff283510ff3f4b1953d09fad35795140b1c5d64f313967934d5",
        "dccb558863804a881d4fff3455716c836cef230e5209594ddd33d85c565b19b1",
        "8c0f1d43204bd6f6ea70ae8013070a1518b43873bcd850aafa0a9e220e2eea5a",
        "51cce63c50d972a6e51c61334f0f4875c9ac1cd2d3238412f84e31da7d980ef5",
        "b45d1a36d00ad90e5ec7840a60a4de411917fbe7c82c3949a6e699e5a1b66aac",
        "2c15230b26dbc6fc9a37051158c95b79656e17a1a920b11394ca91c44247d3e4",
    ],
    [
        "25c8d7dc1acd4ee617766693f7f8829396065d1b447eedb155871feffd9c6653279ac7e5c46edb7010a0e4ff64c9f3b4",
        "e4717e29eef38d862bee4902a7d21b44efb58c464e3e1f0d03894d94de310f8ffc6de86786dd3e15a1541b18d4eb2846",
        "6b95a6e639822312298a47526bb77d9cd7bcf76244c991c8cd70075e2ee6e8b9a135c4a37e3c0768c7ca871c0ceb53d4",
        "59428be4ed69131df59a0c6a8e188d2d4ece3f1b2a3a02602962b47efa4d7905945b1e2cc80b36aa35c99451073521ac",
        "509527cfc0750eedc53147e6d5f78596c8a3b7360e0608e2fab0563a1670d58d8ae107c9f04bcf90e89489ace5650efd",
        "33337b13cb35e173fdea4cb9e8cce915d836ff57803dbbeb7998aa49d17df2ff09b67031773039d09fbd9305a1566bc4",
        "eb9fe1b4f4e14e7140803c1d99d0a93cd823d2b024040f9c067a8eca1f5a2eeac9ad604973527a356f3fa3aeff0e4d83",
    ],
    [
        "01e5f09974e5724f25286763f00ce76238c7a6e03dc396600350ee2c4135fb17dc555be99a4a4bae0fd303d4f66d984ed7b6a3ba386093752a855d26d559d69e7e9e",
        "00b70ae99b6339fffac19cb9bfde2098b84f75e50ac1e80d6acb954e4534af5f0e9c4a5b8a9c10317b8e6421574bae2b133b4f2b8c6ce4b3063da1d91d34fa2b3a3c",
        "007f368d98a4ddbf381fb354de40e44b19e43bb11a1278759f4ea7b485e1b6db33e750507c071250e3e443c1aaed61f2c28541bb54b1b456843eda1eb15ec2a9b36e",
        "00ae593b42ca2ef93ac488e9e09a5fe5a2f6fb330d18913734ff602f2a761fcaaf5f596e790bcc572c9140ec03f6cccc38f767f1c1975a0b4d70b392d95a0c7278aa",
        "01143d0e9cddcdacd6a9aafe1bcf8d218c0afc45d4451239e821f5d2a56df92be942660b532b2aa59a9c635ae6b30e803c45a6ac871432452e685d661cd41cf67214",
        "00ff75515df265e996d702a5380defffab1a6d2bc232234c7bcffa433cd8aa791fbc8dcf667f08818bffa739ae25773b32073213cae9a0f2a917a0b1301a242dda0c",
        "00fd767cebb2452030358d0e9cf907f525f50920c8f607889a6a35680727f64f4d66b161fafeb2654bea0d35086bec0a10b30b14adef3556ed9f7f1bc23cecc9c088",
    ],
];

#[test]
fn the_mapping_gives_the_points_of_rfc_9380() {
    for (group, [u0, x0, y0, u1, x1, y1, sum]) in GROUPS.into_iter().zip(MAPPINGS) {
        let (u0, u1) = (unhex(u0), unhex(u1));
        let q0 = with_curve!(group, field::map_to_curve(&u0));
        assert_eq!(hex(q0.as_bytes()), [x0, y0].concat(), "{group:?}");
        let q1 = with_curve!(group, field::map_to_curve(&u1));
        assert_eq!(hex(q1.as_bytes()), [x1, y1].concat(), "{group:?}");
        let element =
            hash_to_element(group, |label| Secret::from(if label.ends_with(b"P1") { &*u0 } else { &*u1 })).unwrap();
        assert!(hex(element.as_bytes()).starts_with(sum), "{group:?}");
    }
}

#[test]
fn the_mapping_of_zero_is_a_point() {
    for group in GROUPS {
        let point = with_curve!(group, field::map_to_curve(&[0; 80]));
        assert!(check_element(group, point.as_bytes()).is_some());
    }
}

#[test]
fn a_number_longer_than_the_prime_is_reduced() {
    for group in GROUPS {
        let mut wide = prime(group).as_bytes().to_vec();
        wide.extend_from_slice(&[0; 7]);
        wide.push(9);
        let reduced = with_curve!(group, field::map_to_curve(&wide));
        assert_eq!(reduced, with_curve!(group, field::map_to_curve(&[9])));
    }
}

#[test]
fn scalars_at_the_ends_of_the_range() {
    for group in GROUPS {
        let minus_one = with_curve!(group, field::scalar_negative(&[1]));
        let one = with_curve!(group, field::reduce_scalar(&[1]));
        let order = {
            let mut octets = minus_one.as_bytes().to_vec();
            *octets.last_mut().unwrap() += 1;
            octets
        };
        let mut two = one.as_bytes().to_vec();
        *two.last_mut().unwrap() = 2;
        assert!(scalar_in_range(group, minus_one.as_bytes()));
        assert!(scalar_in_range(group, &two));
        assert!(!scalar_in_range(group, one.as_bytes()));
        assert!(!scalar_in_range(group, &alloc::vec![0; group.octets()]));
        assert!(!scalar_in_range(group, &order));
        assert!(!scalar_in_range(group, &alloc::vec![0xff; group.octets()]));
        assert!(!scalar_in_range(group, &two[1..]));
        assert!(scalar_sum(group, minus_one.as_bytes(), one.as_bytes()).as_bytes().iter().all(|b| *b == 0));
    }
}

#[test]
fn a_value_is_scaled_to_one_and_below_the_order() {
    for group in GROUPS {
        let minus_one = with_curve!(group, field::scalar_negative(&[1]));
        let one = with_curve!(group, field::reduce_scalar(&[1]));
        // 0 and r - 1 both give 1; r - 2 gives r - 1.
        assert_eq!(with_curve!(group, field::nonzero_scalar(&[0])), one);
        assert_eq!(with_curve!(group, field::nonzero_scalar(minus_one.as_bytes())), one);
        let minus_two = with_curve!(group, field::scalar_negative(&[2]));
        assert_eq!(with_curve!(group, field::nonzero_scalar(minus_two.as_bytes())), minus_one);
    }
}

#[test]
fn points_that_are_none() {
    for group in GROUPS {
        let good = with_curve!(group, field::map_to_curve(&[5]));
        let good = good.as_bytes();
        assert!(check_element(group, good).is_some());
        let mut off = good.to_vec();
        *off.last_mut().unwrap() ^= 1;
        assert!(check_element(group, &off).is_none());
        assert!(check_element(group, &good[1..]).is_none());
        assert!(check_element(group, &alloc::vec![0; good.len()]).is_none());
        assert!(check_element(group, &alloc::vec![0xff; good.len()]).is_none());
        assert!(check_element(group, &[]).is_none());
        // A coordinate that is the prime itself stands for no number below it.
        let mut prime_x = prime(group).as_bytes().to_vec();
        prime_x.extend_from_slice(&good[group.octets()..]);
        assert!(check_element(group, &prime_x).is_none());
    }
}

#[test]
fn a_point_and_its_negative_have_no_sum() {
    for group in GROUPS {
        let point = with_curve!(group, field::map_to_curve(&[5]));
        let one = with_curve!(group, field::reduce_scalar(&[1]));
        let minus_one = with_curve!(group, field::scalar_negative(&[1]));
        let terms = [(point.as_bytes(), one.as_bytes()), (point.as_bytes(), minus_one.as_bytes())];
        assert_eq!(combine(group, &terms), None);
    }
}

#[test]
fn candidates_that_are_no_coordinates_are_passed_over() {
    for group in GROUPS {
        let good = with_curve!(group, field::map_to_curve(&[5]));
        let (x, y) = good.as_bytes().split_at(group.octets());
        let odd = y.last().unwrap() & 1;
        // Of numbers above the prime, none is taken even if its remainder would do.
        let high = Secret::from(alloc::vec![0xff; group.octets()]);
        let list = [(high.clone(), 0), (Secret::from(x), odd), (Secret::from(x), odd ^ 1)];
        assert_eq!(first_candidate(group, list.into_iter()).unwrap().as_bytes(), good.as_bytes());
        let other = first_candidate(group, [(Secret::from(x), odd ^ 1)].into_iter()).unwrap();
        assert_eq!(other.as_bytes()[..group.octets()], *x);
        assert_ne!(other.as_bytes(), good.as_bytes());
        assert_eq!(first_candidate(group, [(high, 1)].into_iter()), None);
    }
}

#[test]
fn a_generator_that_is_stuck_gives_no_numbers() {
    struct Stuck;
    impl Rng for Stuck {
        fn fill(&mut self, out: &mut [u8]) {
            out.fill(0);
        }
    }
    for group in GROUPS {
        assert!(random_numbers(group, &mut Stuck).is_none());
        let numbers = random_numbers(group, &mut TestRng::new(1)).unwrap();
        assert_ne!(numbers.rand, numbers.mask);
    }
}
