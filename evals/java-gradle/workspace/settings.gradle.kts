rootProject.name = "tram"
