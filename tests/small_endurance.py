"""A small shield of patrols and supply for the tests of commands: three contributors and a host.

The base is the host's, the fighters are a member's, the tankers an outside enabler's, and the fuel
comes over another member's railway.
"""

from pathlib import Path

SHIELD = """
name = "small"
about = "for tests"
geoid_height_m = 30.0
currency = "EUR"
zones = "zones.geojson"
sites = "sites.geojson"

[[contributors]]
name = "Host"
role = "bases"
kind = "host"

[[contributors]]
name = "Flyers"
role = "fighters"
kind = "member"

[[contributors]]
name = "Railway"
role = "supply"
kind = "member"

[[contributors]]
name = "Enabler"
role = "tankers"
kind = "enabler"

[[aircraft]]
name = "Fighter"
role = "patrol"
cruise_kt = {{ value = 450, kind = "fact", source = "test" }}
sortie_h = {{ value = 2.5, kind = "assumption", low = 1.5, high = 3.0, source = "test" }}
turnaround_h = {{ value = 2, kind = "fact", source = "test" }}
repair_fixed_h = {{ value = 1, kind = "fact", source = "test" }}
burn_t_per_h = {{ value = 2, kind = "fact", source = "test" }}
crews_per_aircraft = {{ value = {crews}, kind = "fact", source = "test" }}
rest_h = {{ value = 10, kind = "fact", source = "test" }}
cost_variable_per_h = {{ value = 9000, kind = "fact", source = "test" }}

[[aircraft]]
name = "Tanker"
role = "tanker"
cruise_kt = {{ value = 450, kind = "fact", source = "test" }}
sortie_h = {{ value = 8, kind = "fact", source = "test" }}
turnaround_h = {{ value = 3, kind = "fact", source = "test" }}
burn_t_per_h = {{ value = 5, kind = "fact", source = "test" }}
offload_t = {{ value = 50, kind = "fact", source = "test" }}

[[bases]]
name = "Field"
contributor = "Host"
lat_deg = 50.0
lon_deg = 22.0
node = "Tanks"

[[fleets]]
name = "Wing"
contributor = "Flyers"
aircraft = "Fighter"
base = "Field"
count = 14
on_alert = 2

[[fleets]]
name = "Boom"
contributor = "Enabler"
aircraft = "Tanker"
base = "Field"
count = 6

[[stations]]
name = "East"
role = "patrol"
lat_deg = 50.0
lon_deg = {lon}
hgt_msl_m = 8000
count = 2
tankers = ["Track"]

[[tankers]]
name = "Track"
lat_deg = 50.0
lon_deg = 27.0
count = 1

[[supply.nodes]]
name = "Port"
contributor = "Railway"
kind = "port"
lat_deg = 54.0
lon_deg = 19.0
supply_t_per_day = {{ value = 2000, kind = "fact", source = "test" }}

[[supply.nodes]]
name = "Tanks"
contributor = "Host"
kind = "base"
lat_deg = 50.0
lon_deg = 22.0
holds_t = {{ value = 4000, kind = "fact", source = "test" }}

[[supply.edges]]
name = "Line"
contributor = "Railway"
start = "Port"
end = "Tanks"
mode = "rail"
capacity_t_per_day = {{ value = 1000, kind = "fact", source = "test" }}
delay_h = {{ value = 24, kind = "fact", source = "test" }}
loss_share = {{ value = 0, kind = "fact", source = "test" }}

[[supply.stocks]]
node = "Tanks"
goods = "jet fuel"
amount_t = {{ value = {stock}, kind = "fact", source = "test" }}

[[options]]
name = "Hired tankers"
provider = "a firm"
like = "Boom"
count = 3
most = 3
cost_per_month = {{ value = 5000000, kind = "fact", source = "test" }}
lead_days = {{ value = 20, kind = "fact", source = "test" }}

[[requirements.station]]
name = "East is manned"
station = "East"
share = 0.8
days = 20

[[requirements.stock]]
name = "fuel stays"
node = "Tanks"
goods = "jet fuel"
days = 20
"""

NOTHING = '{"type": "FeatureCollection", "features": []}'


def write_shield(
    folder: Path, *, lon: float = 33.0, stock: float = 2000.0, crews: float = 2.0
) -> Path:
    """Write the shield; ``lon`` puts its station nearer or farther."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("zones", "sites"):
        (folder / f"{name}.geojson").write_text(NOTHING)
    (folder / "shield.toml").write_text(SHIELD.format(lon=lon, stock=stock, crews=crews))
    return folder
