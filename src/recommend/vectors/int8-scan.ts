import { type PqCodes, type ModelMemory, subvectorSize, type Quantised, type Slot } from "../../model/memory/layout.ts";
import { quantiseToInt16, quantiseToUint7 } from "./quantise-query.ts";
import type { QuantisedMatrix, SlotQuery } from "./searchable.ts";
import type { Kernel } from "./scan.ts";

type QuantisedModel = Pick<ModelMemory, "quantised">;

/** Rows that are scored for all queries while they are in the CPU cache; a multiple of `codeBlockRows`. */
export const rowsPerBlock = 512;

/**
 * Upper bounds of scores are this many standard deviations above their estimates. With 3.5 no song of the ten best is
 * missed (`npm run bench:recall`); with 2.5 one in some thousands of the 100 best was.
 */
const marginDeviations = 3.5;
/** Share of the oversampling that the heap of estimates needs: rows within the margin usually outnumber the rest. */
const estimateOversampling = 1 / 3;
/** Songs per entry of the heap of estimates; with fewer, the int8 scan is as fast. */
const minSongsPerEstimate = 300;

/**
 * Scores consecutive rows by int8 vectors into `slot.scores`.
 *
 * @param row the first row
 * @param unit the value of one unit of `slot.queryInt16`
 */
export function scanInt8(
  { quantised }: QuantisedModel,
  kernel: Kernel,
  matrix: QuantisedMatrix,
  { queryInt16, scores }: Slot,
  row: number,
  rows: number,
  unit: number,
): void {
  const { values, factors, stride } = quantised[matrix];
  kernel.scanQuantised(
    values.byteOffset + row * stride,
    factors.byteOffset + row * 4,
    rows,
    stride,
    queryInt16.byteOffset,
    unit,
    scores.byteOffset + row * 4,
  );
}

/** Whether the PQ codes of a matrix are complete. */
export function hasPqCodes({ codes }: Quantised): boolean {
  return codes !== null && Atomics.load(codes.ready, 0) === 1;
}

/** With many results, PQ codes rule out too few rows to be worthwhile. */
function usesPqCodes(quantised: Quantised, query: SlotQuery): boolean {
  return hasPqCodes(quantised) && estimateCapacityOf(query) * minSongsPerEstimate <= quantised.factors.length;
}

function estimateCapacityOf({ k, oversampling = 0 }: SlotQuery): number {
  return k + Math.ceil(oversampling * estimateOversampling);
}

/** The scan of one query. */
interface CandidateScan {
  /** Scans consecutive rows; all but the last call have whole blocks of PQ codes. */
  scanRows(row: number, rows: number): void;
  /** Completes the heap after all rows. @returns the number of pairs of score and row */
  finish(): number;
}

/**
 * Writes the approximately best k + oversampling songs of each query into the heap of its slot, in no order. Scores are
 * products of int8 vectors with the query in seven bits, or in 16 bits after a scan of PQ codes. All queries share one
 * pass over the rows.
 *
 * @param first first row, a multiple of `codeBlockRows`
 * @param end end of the rows
 * @returns the number of pairs in each heap
 */
export function scanForCandidates(
  model: QuantisedModel,
  kernel: Kernel,
  matrix: QuantisedMatrix,
  queries: readonly SlotQuery[],
  first = 0,
  end = model.quantised[matrix].factors.length,
): number[] {
  const quantised = model.quantised[matrix];
  const scans = queries.map((query) =>
    (usesPqCodes(quantised, query) ? createPqScan : createInt8Scan)(quantised, kernel, query),
  );
  for (let row = first; row < end; row += rowsPerBlock) {
    for (const { scanRows } of scans) scanRows(row, Math.min(rowsPerBlock, end - row));
  }
  return scans.map(({ finish }) => finish());
}

function createInt8Scan(
  { values, factors, sums, stride }: Quantised,
  kernel: Kernel,
  { slot, k, oversampling = 0 }: SlotQuery,
): CandidateScan {
  const capacity = Math.min(factors.length, k + oversampling);
  const { queryUint7, excluded, heap } = slot;
  const unit = quantiseToUint7(slot);
  let size = 0;
  return {
    scanRows(row, rows) {
      size = kernel.nearestQuantised(
        values.byteOffset + row * stride,
        factors.byteOffset + row * 4,
        sums.byteOffset + row * 4,
        row,
        rows,
        stride,
        queryUint7.byteOffset,
        unit,
        excluded.byteOffset,
        heap.byteOffset,
        size,
        capacity,
      );
    },
    finish: () => size,
  };
}

function createPqScan(
  { values, factors, stride, codes }: Quantised,
  kernel: Kernel,
  slotQuery: SlotQuery,
): CandidateScan {
  const { slot, k, oversampling = 0 } = slotQuery;
  const capacity = Math.min(factors.length, k + oversampling);
  const estimateCapacity = estimateCapacityOf(slotQuery);
  const { query, queryInt16, centroidProducts, lookupTable, branchScores, progress, excluded, heap } = slot;
  const { bytes: codeBytes, scales, codebook, errorDeviation } = codes as PqCodes;
  const tableUnit = kernel.fillLookupTable(
    codebook.byteOffset,
    stride,
    query.byteOffset,
    centroidProducts.byteOffset,
    lookupTable.byteOffset,
  );
  const least = centroidProducts[0] as number;
  let squares = 0;
  for (let i = 0; i < query.length; i++) squares += (query[i] as number) ** 2;
  const margin = marginDeviations * (errorDeviation[0] as number) * Math.sqrt(squares);
  progress.fill(0);
  return {
    scanRows(row, rows) {
      kernel.listCandidates(
        codeBytes.byteOffset + (row * stride) / (2 * subvectorSize),
        scales.byteOffset + row * 4,
        lookupTable.byteOffset,
        tableUnit,
        least,
        margin,
        row,
        rows,
        stride,
        excluded.byteOffset,
        heap.byteOffset,
        estimateCapacity,
        branchScores.byteOffset,
        progress.byteOffset,
        centroidProducts.byteOffset,
      );
    },
    finish: () =>
      kernel.scoreCandidates(
        branchScores.byteOffset,
        progress.byteOffset,
        heap.byteOffset,
        estimateCapacity,
        capacity,
        values.byteOffset,
        factors.byteOffset,
        stride,
        queryInt16.byteOffset,
        quantiseToInt16(slot),
      ),
  };
}
