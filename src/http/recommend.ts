import type { Answer, Recommender } from '../recommend/recommender.ts';
import type { RouteDeps } from './deps.ts';
import type { RecommendationRequest } from './schemas/recommendations.ts';

/**
 * Answers one request, its search in turn with all others.
 * @throws UNKNOWN_SONGS, UNKNOWN_COLUMN, OVERLOADED
 */
export async function recommend({ inTurn, metrics }: Pick<RouteDeps, 'inTurn' | 'metrics'>, recommender: Recommender, { songs, filter, ...options }: RecommendationRequest): Promise<Answer> {
  const weighted = songs.map((song) => (typeof song === 'string' ? { songId: song, weight: 1 } : song));
  const question = { songs: weighted, ...options, ...(filter && { passedOver: await recommender.filter(filter) }) };
  const answer = await inTurn(() => recommender.recommend(question));
  metrics.recommended(answer, songs.length);
  return answer;
}
