package tz

// formerNames gives the zones of Windows names that CLDR does not list: those of older versions, and those that
// Windows writes as the name of the standard time where another is the name of the zone. Lotus Notes took the older ones
// over.
var formerNames = map[string]string{
	"Armenian Standard Time":        "Asia/Yerevan",
	"Coordinated Universal Time":    "Etc/UTC",
	"Jerusalem Standard Time":       "Asia/Jerusalem",
	"Kamchatka Standard Time":       "Asia/Kamchatka",
	"Malay Peninsula Standard Time": "Asia/Singapore",
	"Mexico Standard Time":          "America/Mexico_City",
	"Mexico Standard Time 2":        "America/Chihuahua",
	"Mid-Atlantic Standard Time":    "Atlantic/South_Georgia",
	"Russia TZ 1 Standard Time":     "Europe/Kaliningrad",
	"Russia TZ 2 Standard Time":     "Europe/Moscow",
	"Russia TZ 3 Standard Time":     "Europe/Samara",
	"Russia TZ 4 Standard Time":     "Asia/Yekaterinburg",
	"Russia TZ 6 Standard Time":     "Asia/Krasnoyarsk",
	"Russia TZ 7 Standard Time":     "Asia/Irkutsk",
	"Russia TZ 8 Standard Time":     "Asia/Yakutsk",
	"Russia TZ 9 Standard Time":     "Asia/Vladivostok",
	"Russia TZ 10 Standard Time":    "Asia/Srednekolymsk",
	"Russia TZ 11 Standard Time":    "Asia/Kamchatka",
	"UTC+00":                        "Etc/UTC",
	"UTC-01":                        "Etc/GMT+1",
}

// formerDisplayNames gives the zones of display names of older Windows and Outlook versions whose places are of several
// zones today, or of none.
var formerDisplayNames = map[string]string{
	"Almaty, Novosibirsk":                               "Asia/Novosibirsk",
	"Astana, Dhaka":                                     "Asia/Dhaka",
	"Athens, Bucharest, Istanbul":                       "Europe/Athens",
	"Athens, Istanbul, Minsk":                           "Europe/Athens",
	"Baku, Tbilisi, Yerevan":                            "Asia/Yerevan",
	"Buenos Aires":                                      "America/Argentina/Buenos_Aires",
	"Buenos Aires, Georgetown":                          "America/Argentina/Buenos_Aires",
	"Caracas, La Paz":                                   "America/La_Paz",
	"Casablanca, Monrovia":                              "Africa/Monrovia",
	"Casablanca, Monrovia, Reykjavik":                   "Atlantic/Reykjavik",
	"Eniwetok, Kwajalein":                               "Pacific/Kwajalein",
	"Fiji, Kamchatka, Marshall Is.":                     "Pacific/Fiji",
	"Fiji, Marshall Is.":                                "Pacific/Fiji",
	"Greenwich Mean Time":                               "Etc/GMT",
	"International Date Line West":                      "Etc/GMT+12",
	"Irkutsk, Ulaan Bataar":                             "Asia/Irkutsk",
	"Irkutsk, Ulaanbaatar":                              "Asia/Irkutsk",
	"Islamabad, Karachi, Tashkent":                      "Asia/Karachi",
	"Kamchatka":                                         "Asia/Kamchatka",
	"Magadan, Solomon Is., New Caledonia":               "Pacific/Guadalcanal",
	"Mexico City, Tegucigalpa":                          "America/Mexico_City",
	"Mid-Atlantic":                                      "Atlantic/South_Georgia",
	"Midway Island, Samoa":                              "Pacific/Pago_Pago",
	"Monterrey, Mexico City, Guadalajara":               "America/Mexico_City",
	"Moscow, St. Petersburg, Volgograd":                 "Europe/Moscow",
	"Rangoon":                                           "Asia/Yangon",
	"Sarajevo, Skopje, Sofija, Vilnius, Warsaw, Zagreb": "Europe/Warsaw",
	"Tijuana, Baja California":                          "America/Tijuana",
	"UTC":                                               "Etc/UTC",
}
