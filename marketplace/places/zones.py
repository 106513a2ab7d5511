"""The time zone of every province of Indonesia, by its code. Pure.

Western (WIB), central (WITA) and eastern (WIT) time; no province changes its clocks.
"""

WESTERN = "Asia/Jakarta"
CENTRAL = "Asia/Makassar"
EASTERN = "Asia/Jayapura"

ZONE_OF_PROVINCE = {
    "11": WESTERN,  # Aceh
    "12": WESTERN,  # Sumatera Utara
    "13": WESTERN,  # Sumatera Barat
    "14": WESTERN,  # Riau
    "15": WESTERN,  # Jambi
    "16": WESTERN,  # Sumatera Selatan
    "17": WESTERN,  # Bengkulu
    "18": WESTERN,  # Lampung
    "19": WESTERN,  # Kepulauan Bangka Belitung
    "21": WESTERN,  # Kepulauan Riau
    "31": WESTERN,  # Jakarta
    "32": WESTERN,  # Jawa Barat
    "33": WESTERN,  # Jawa Tengah
    "34": WESTERN,  # Yogyakarta
    "35": WESTERN,  # Jawa Timur
    "36": WESTERN,  # Banten
    "51": CENTRAL,  # Bali
    "52": CENTRAL,  # Nusa Tenggara Barat
    "53": CENTRAL,  # Nusa Tenggara Timur
    "61": WESTERN,  # Kalimantan Barat
    "62": WESTERN,  # Kalimantan Tengah
    "63": CENTRAL,  # Kalimantan Selatan
    "64": CENTRAL,  # Kalimantan Timur
    "65": CENTRAL,  # Kalimantan Utara
    "71": CENTRAL,  # Sulawesi Utara
    "72": CENTRAL,  # Sulawesi Tengah
    "73": CENTRAL,  # Sulawesi Selatan
    "74": CENTRAL,  # Sulawesi Tenggara
    "75": CENTRAL,  # Gorontalo
    "76": CENTRAL,  # Sulawesi Barat
    "81": EASTERN,  # Maluku
    "82": EASTERN,  # Maluku Utara
    "91": EASTERN,  # Papua
    "92": EASTERN,  # Papua Barat
    "93": EASTERN,  # Papua Selatan
    "94": EASTERN,  # Papua Tengah
    "95": EASTERN,  # Papua Pegunungan
    "96": EASTERN,  # Papua Barat Daya
}


def zone_of_area(code: str) -> str | None:
    """The IANA zone of an area's code ("32.76.06"); None outside Indonesia's provinces."""
    return ZONE_OF_PROVINCE.get(code.split(".", 1)[0])
