//! Made-up customers.

use order_core::{Address, Country, CustomerId, Email, Label, Name, Person};

use super::random::Random;
use crate::error::Done;

const FIRST_NAMES: [&str; 32] = [
    "Ada", "Alan", "Amina", "Anna", "Ben", "Carla", "Chloe", "David", "Elena", "Emil", "Fatima",
    "Felix", "Grace", "Hugo", "Ines", "Ivan", "Jonas", "Julia", "Karim", "Lea", "Luca", "Maria",
    "Mei", "Nora", "Omar", "Paula", "Ravi", "Rosa", "Sami", "Tom", "Vera", "Yuki",
];
const LAST_NAMES: [&str; 32] = [
    "Adler", "Bauer", "Becker", "Brown", "Costa", "Dubois", "Evans", "Fischer", "Garcia", "Green",
    "Haddad", "Hansen", "Ito", "Jansen", "Keller", "Kowalski", "Laurent", "Lopez", "Martin",
    "Meyer", "Moreau", "Novak", "Okafor", "Patel", "Roberts", "Rossi", "Schmidt", "Silva", "Singh",
    "Taylor", "Weber", "Young",
];
const STREETS: [&str; 12] = [
    "Station Road",
    "Mill Lane",
    "Church Street",
    "High Street",
    "Park Avenue",
    "Garden Street",
    "River Walk",
    "Market Square",
    "School Lane",
    "Bridge Street",
    "Oak Drive",
    "Hill Road",
];
/// A country as often as it stands here, with towns of it.
const PLACES: [(&str, [&str; 4]); 8] = [
    ("GB", ["London", "Leeds", "Bristol", "Glasgow"]),
    ("DE", ["Berlin", "Hamburg", "Leipzig", "Köln"]),
    ("GB", ["York", "Cardiff", "Norwich", "Bath"]),
    ("FR", ["Paris", "Lyon", "Nantes", "Lille"]),
    ("DE", ["Bremen", "Dresden", "Mainz", "Kiel"]),
    ("NL", ["Utrecht", "Delft", "Leiden", "Breda"]),
    ("ES", ["Madrid", "Valencia", "Bilbao", "Cádiz"]),
    ("CH", ["Zürich", "Bern", "Basel", "Genève"]),
];

/// A customer.
#[derive(Debug)]
pub(super) struct Customer {
    pub(super) id: CustomerId,
    pub(super) country: Country,
    pub(super) person: Person,
}

impl Customer {
    /// The customer with this index, the same whatever else is made up.
    pub(super) fn of(seed: u64, index: u64) -> Done<Self> {
        // Another kind of thing than orders, which count from 0.
        let mut random = Random::of(seed, !index);
        let (first, last) = (*random.pick(&FIRST_NAMES), *random.pick(&LAST_NAMES));
        let (country, towns) = random.pick(&PLACES);
        let name = Name::try_from(format!("{first} {last}"))?;
        let mail = format!("{first}.{last}.{}@example.com", index + 1).to_lowercase();
        let street = format!("{} {}", 1 + random.low_below(200), random.pick(&STREETS));
        let address = Address {
            name: Some(name.clone()),
            street: Some(street.try_into()?),
            city: Some(Label::try_from(*random.pick(towns))?),
            zip_code: Some(format!("{:05}", 10_000 + random.below(80_000)).try_into()?),
            country: Some(Label::try_from(*country)?),
            ..Address::default()
        };
        Ok(Self {
            id: format!("C-{:05}", index + 1).try_into()?,
            country: Country::try_from(*country)?,
            person: Person {
                email: Some(Email::try_from(mail)?),
                name: Some(name),
                shipping_address: Some(address),
                ..Person::default()
            },
        })
    }
}
