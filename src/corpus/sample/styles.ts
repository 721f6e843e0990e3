/** Vocabulary for artists and titles of a style. Adjacent styles in the list, and its two ends, are neighbours. */
export interface SampleStyle {
  readonly name: string;
  readonly artists: { readonly first: readonly string[]; readonly second: readonly string[] };
  readonly titles: {
    readonly first: readonly string[];
    readonly second: readonly string[];
    readonly ending: readonly string[];
  };
}

export const sampleStyles: readonly SampleStyle[] = [
  style(
    "ambient",
    "Aurel|Ione|Selvik|Thessaly|Orrin|Maelin|Ostra|Velde|Nimue|Halden|Sorrel|Ylva",
    "Drift|Observatory|Atmospherics|Tidefield|Stillness|Lichen|Horizons|Glasshouse|Fogbank|Meridian",
    "Slow|Pale|Weightless|Distant|Frozen|Silent|Endless|Milky|Vanishing|Breathing",
    "Glacier|Haze|Nebula|Lagoon|Snowfield|Vapour|Moss|Orbit|Tundra|Mist|Stillwater|Ether",
    "at Rest|before Dawn|in Suspension|under Ice|from Afar|in Grey",
  ),
  style(
    "downtempo",
    "Lowell|Mirador|Kestrel|Tamsin|Basalt|Ludo|Ferro|Zephine|Cobalt|Amaro|Juno Park|Nadir",
    "Soundsystem|Dubs|Lounge|Tapes|Afterglow|Selector|Sessions|Undertow|Hi-Fi|Basement",
    "Dusty|Smoky|Hazy|Mellow|Half-Lit|Subterranean|Loose|Lazy|Blurred|Velvety",
    "Tape|Balcony|Espresso|Lamplight|Dub|Sofa|Vinyl|Rooftop|Ashtray|Reverb|Siesta|Backroom",
    "at Half Speed|after Hours|in Slow Motion|past Two|with the Lights Low|on Repeat",
  ),
  style(
    "house",
    "Marlo|Dexa|Vico|Santora|Kaz|Renzo|Tilda|Omari|Lux|Petra|Nikko|Zaza",
    "Warehouse|Frequencies|Rhythm Unit|Club Works|Motion|Groove Lab|Traxx|Collective|Nightshift|Circuit",
    "Pumping|Strobing|Rising|Hypnotic|Jacking|Peak-Time|Electric|Deep|Pulsing|Sweating",
    "Kick|Bassline|Strobe|Synth|Warehouse|Loop|Floor|Piano|Sub|Filter|Sequence|Machine",
    "till Sunrise|on the Floor|All Night|in the Booth|at 124|in the Club",
  ),
  style(
    "disco",
    "Gloria|Studio|Bianca|Fontaine|Carousel|Ritza|Lorenza|Cassidy|Delphine|Monte|Roxanna|Saturnia",
    "Sparkle|Mirrorball Band|Express|Sensation|Orchestra Deluxe|Fantastique|Boulevard|Starlets|Galaxy Six|Affair",
    "Glittering|Dazzling|Starlit|Satin|Golden|Fabulous|Sequined|Spinning|Champagne|Neon",
    "Mirrorball|Sequins|Dancefloor|Roller Skates|Fever Dream|Platform Shoes|Glitter|" +
      "Spotlight|Boogie|Catwalk|Stardust|Limousine",
    "under the Lights|at the Ball|for Two|on Saturday|All Aglow|in Silver",
  ),
  style(
    "funk",
    "Booker|Otis Lee|Deacon|Slick|Jabari|Big Leroy|Thaddeus|Cornell|Skeeter|Rufus Dale|Mister|Clavis",
    "Strut|Horn Section|Groovers|Gravy Train|Backbeats|Pocket|Bumpers|Stank Brigade|Cookout|Breakdown",
    "Greasy|Nasty|Strutting|Funky|Sticky|Tight|Stanky|Bumping|Wicked|Gritty",
    "Strut|Gravy|Pocket|Clavinet|Bump|Bass Face|Cornbread|Backbeat|Horns|Breakdown|Hot Sauce|Shuffle",
    "on the One|in the Pocket|with Extra Sauce|down the Block|till It Hurts|on the Good Foot Again",
  ),
  style(
    "soul",
    "Lavinia|Clarence|Etta Mae|Marvell|Roberta Jean|Solomon|Winifred|Percy|Dorothea|Lamont|Ernestine|Alton",
    "Hathcock|Merriweather|Tolliver|Pickens|Goodnight|Bellweather|Winslow|Rayford|Loving|Gaines Avery",
    "Tender|Faithful|Aching|Sweetest|Pleading|Honest|Forgiven|Precious|Lonely|Burning",
    "Heart|Devotion|Baby|Tears|Promise|Mercy|Sugar|Prayer|Lover|Goodbye|Tenderness|Soul",
    "of Mine|Come Home|without You|One More Time|till the Morning|on My Knees",
  ),
  style(
    "jazz",
    "Odell|Lennart|Thelma|Cyrus|Wardell Finch|Mabry|Ignatz|Rosalind|Barney Oake|Elmo|Quincey|Hattie",
    "Quartet|Trio|Quintet|Septet|Big Band|Octet|Nonet|Duo|Sextet|Ensemble",
    "Blue|Crooked|Muted|Swinging|Sidelong|Angular|Modal|Brushed|Syncopated|Cool",
    "Monologue|Bebop|Trumpet|Interval|Chorus|Saxophone|Riff|Walking Bass|Cadence|Standard|Nocturne|Blue Note",
    "in F Minor|for Harold|at the Corner Club|in Five|after Supper|on 57th",
  ),
  style(
    "bossa nova",
    "Tereza|Joaquim|Marisol|Caetana|Benedito|Luísa|Rafaela|Dorival Reis|Iracema|Anselmo|Vinha|Zuleide",
    "Carvalhal|da Praia|Montenegro Filho|Lisbôa|do Mar|Ventura|e Trio Maré|Sampaio|Guarani|Bonfá Neto",
    "Morena|Doce|Verde|Tarde|Leve|Serena|Dourada|Mansa|Azul|Distante",
    "Praia|Saudade|Varanda|Maré|Areia|Brisa|Guitarra|Lua|Samba|Manhã|Rede|Ipê",
    "de Verão|do Rio|à Tarde|sem Pressa|ao Sol|de Janeiro",
  ),
  style(
    "folk",
    "Rowan|Agnes|Tobias|Elspeth|Ewan|Linnet|Hollis|Bryony|Jory|Maren|Silas|Wren",
    "Thistlewood|Ashgrove|Merrow|Hawthorne Lane|Penhallow|Millbrook|Larkin Vale|Underhill|Cray|Greenaway",
    "Old|Wandering|Winter|Barefoot|Crooked-Tree|Mossy|Hollow|Autumn|Handwritten|Lonesome",
    "River|Orchard|Sparrow|Shepherd|Hillside|Hearth|Bramble|Ballad|Millstone|Harvest|Lantern|Willow",
    "by the Sea|over the Hill|in October|of the North|for My Mother|across the Moor",
  ),
  style(
    "country",
    "Clay|Loretta Ann|Wade|Tammy Lou|Buck|Jolene Kay|Travis|Dusty|Earl|Raelynn|Hank Otis|Shelby",
    "McAllen|Rawlins|& the Tumbleweeds|Calloway Creek|Tuckett|& the Fence Posts|" +
      "Harlan Dell|Buckner|Prairie|Sundown Boys",
    "Dirt-Road|Whiskey|Rusty|Cowboy|Back-Porch|Honky-Tonk|Broken|Tailgate|Gravel|Small-Town",
    "Pickup|Boots|Jukebox|Saddle|Highway|Rodeo|Steel Guitar|Barstool|Tractor|Heartache|Denim|Freight Train",
    "in Tennessee|on the Radio|Back Home|for Daddy|Down in Amarillo|West of Here",
  ),
  style(
    "rock",
    "Iron|Razor|Diesel|Howling|Thunder|Savage|Molten|Rebel|Granite|Vandal|Blackwater|Riot",
    "Jackals|Overdrive Club|Hammers|Sirens of Steel|Wrecking Yard|Brigands|Motorcade|Furnace|Coyotes|Amplifier",
    "Loud|Reckless|Burnt|Screaming|Raging|Wild|Shattered|Heavy|Wired|Bloodshot",
    "Engine|Thunder|Chains|Gasoline|Riot|Amplifier|Highwire|Fury|Wreckage|Leather|Voltage|Rebellion",
    "on Fire|at Full Throttle|to Hell|in the Red|Out of Control|till We Fall",
  ),
  style(
    "dream pop",
    "Opaline|Luma|Marzipan|Cerise|Swoon|Violetta|Paper|Honeydew|Pastel|Fawn|Plume|Lullaby",
    "Constellation|Swim Team|Petals|Television|Daydreams|Summer House|Balloons|Arcade|Hourglass|Cathedral",
    "Shimmering|Lilac|Sleepy|Gauzy|Blushing|Faded|Candy|Floating|Dizzy|Rose-Tinted",
    "Cloud|Daydream|Polaroid|Chiffon|Blossom|Moonbeam|Ribbon|Swoon|Lavender|Kaleidoscope|Feather|Cherry",
    "in Soft Focus|While You Sleep|in My Headphones|Out of Reach|Underwater|Again and Again",
  ),
];

function style(
  name: string,
  artistFirst: string,
  artistSecond: string,
  titleFirst: string,
  titleSecond: string,
  titleEnding: string,
): SampleStyle {
  return {
    name,
    artists: { first: artistFirst.split("|"), second: artistSecond.split("|") },
    titles: { first: titleFirst.split("|"), second: titleSecond.split("|"), ending: titleEnding.split("|") },
  };
}
