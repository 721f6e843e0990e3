import { fold } from "./names.ts";

const list = (names: string) => names.split("|").map((name) => name.trim());

/** Names in the artist column that are no artist, by language: compilations, soundtracks, unknown and traditional songs. */
export const compilationArtists: Readonly<Record<string, readonly string[]>> = {
  English: list(`
    Various Artists|Various Artist|Various|V.A.|Various Performers|Various Singers|Various Musicians|
    Various Composers|Multiple Artists|Compilation|Compilations|Sampler|
    Soundtrack|Original Soundtrack|Motion Picture Soundtrack|Original Motion Picture Soundtrack|Movie Soundtrack|OST|
    Original Score|Original Cast|Original Cast Recording|Original Broadway Cast|Original London Cast|Karaoke|
    Unknown|<unknown>|Unknown Artist|No Artist|Not Applicable|N/A|-|Anonymous|Traditional|Trad.`),
  Korean: list(`
    여러 아티스트|여러아티스트|여러 가수|여러가수|여러 음악가|여러 아티스트들|다양한 아티스트|다수 아티스트|다수의 아티스트|옴니버스|
    컴필레이션|모음집|사운드트랙|오리지널 사운드트랙|영화음악|영화 OST|드라마 OST|오리지널 캐스트|
    알 수 없음|알 수 없는 아티스트|미상|작자 미상|작자미상|
    동요|전래동요|민요|군가|찬송가|가곡|만화주제가|만화 주제가|캐럴|캐롤`),
  Japanese: list(`
    ヴァリアス・アーティスト|ヴァリアス・アーティスツ|ヴァリアスアーティスト|ヴァリアスアーティスツ|
    バリアス・アーティスト|バリアス・アーティスツ|バリアスアーティスト|バリアスアーティスツ|ヴァリアス|オムニバス|コンピレーション|複数のアーティスト|
    複数アーティスト|様々なアーティスト|さまざまなアーティスト|色々なアーティスト|いろいろなアーティスト|
    サウンドトラック|オリジナル・サウンドトラック|オリジナルサウンドトラック|サントラ|映画音楽|オリジナル・キャスト|不明|
    不明なアーティスト|アーティスト不明|作者不詳|詠み人知らず|童謡|唱歌|民謡|わらべうた`),
  Chinese: list(`
    群星|华语群星|華語群星|合辑|合輯|众艺人|眾藝人|多位艺人|多位藝人|各种艺术家|原声带|原聲帶|电影原声|
    電影原聲|未知艺术家|未知藝術家|未知歌手|佚名`),
  German: list(`
    Verschiedene Interpreten|Verschiedene Künstler|Verschiedene|Diverse Interpreten|Diverse Künstler|Diverse|
    Unbekannter Interpret|Unbekannter Künstler|Unbekannt`),
  French: list(`
    Artistes divers|Artistes variés|Divers artistes|Divers|Interprètes divers|Multi-interprètes|
    Bande originale|Artiste inconnu|Inconnu`),
  Spanish: list(`
    Varios artistas|Artistas varios|Varios|Varios intérpretes|Banda sonora|Artista desconocido|Desconocido`),
  Portuguese: list(`
    Vários artistas|Artistas vários|Vários|Vários intérpretes|Trilha sonora|Artista desconhecido`),
  Italian: list(`Artisti vari|Vari artisti|Autori vari|AA.VV.|AAVV|VV.AA.|Colonna sonora|Artista sconosciuto`),
  Dutch: list(`Diverse artiesten|Verschillende artiesten|Onbekende artiest`),
  "Swedish, Norwegian and Danish": list(`
    Blandade artister|Diverse artister|Diverse kunstnere|Forskellige kunstnere|Okänd artist|Ukjent artist|
    Ukendt kunstner`),
  Finnish: list(`Eri esittäjiä|Eri esittäjät|Useita esittäjiä|Tuntematon esittäjä`),
  Polish: list(`Różni wykonawcy|Różni artyści|Składanka|Nieznany wykonawca`),
  "Czech and Slovak": list(`Různí interpreti|Různí umělci|Rôzni interpreti|Neznámý interpret`),
  Hungarian: list(`Különböző előadók|Válogatás|Ismeretlen előadó`),
  "Russian and Ukrainian": list(`
    Разные исполнители|Различные исполнители|Разные артисты|Сборник|Саундтрек|Неизвестный исполнитель|
    Різні виконавці|Збірник`),
  Greek: list(`Διάφοροι καλλιτέχνες|Διάφοροι ερμηνευτές|Διάφοροι`),
  Turkish: list(`Çeşitli sanatçılar|Karışık|Bilinmeyen sanatçı`),
  Vietnamese: list(`Nhiều nghệ sĩ|Nhiều ca sĩ`),
  Thai: list(`รวมศิลปิน|ศิลปินรวม`),
  Indonesian: list(`Berbagai artis`),
};

/** Returns the folded name of an artist, or undefined if the name is none. */
export type ArtistKey = (artist: string) => string | undefined;

const builtIn = new Set(Object.values(compilationArtists).flat().map(fold));
const separators = /[()[\]{}（）【】,;/|・]|\s[-–—]\s/u;

/**
 * Creates the comparison of artists: two names are one artist if their keys are equal. Names of `compilationArtists`, also
 * combined as in "Various Artists (여러 가수)", have no key.
 *
 * @param further names that are no artists
 */
export function createArtistKey(further: readonly string[] = []): ArtistKey {
  const names = further.length === 0 ? builtIn : new Set([...builtIn, ...further.map(fold)]);
  return (artist) => {
    const key = fold(artist);
    if (key === "" || names.has(key)) return undefined;
    const folded = separators.test(artist) ? artist.split(separators).map(fold).filter(Boolean) : [key];
    return folded.length > 0 && folded.every((part) => names.has(part)) ? undefined : key;
  };
}
