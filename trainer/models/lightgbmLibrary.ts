/**
 * LightGBM's C API, as much of it as training needs, through koffi. The library file comes from the PyPI wheel; no Python runs.
 * Every call's status is checked; handles are freed by the functions that made them.
 * Source: include/LightGBM/c_api.h of LightGBM 4.
 */
import { existsSync } from 'node:fs';
import koffi from 'koffi';
import { RefusedError } from '../../runtime/errors.ts';
import { lightgbmPath } from './lightgbmPath.ts';

const FLOAT32 = 0;
const PREDICT_RAW = 1;
const ROW_MAJOR = 1;

/** null when it isn't there. */
export function findLightgbm(root: string, platform = process.platform): string | null {
  const path = lightgbmPath(root, platform);
  return existsSync(path) ? path : null;
}

export interface Booster {
  /** One more tree. True when there is nothing left to split. */
  update(): boolean;
  /** Sum of the leaves for each of the row-major rows. */
  predict(rows: Float32Array, columns: number): Float64Array;
  /** The model as JSON, parsed. */
  dump(): unknown;
  free(): void;
}
export interface Lightgbm {
  /** `rows` row-major, `columns` wide. Parameters as `key=value key=value`. */
  booster(rows: Float32Array, columns: number, target: Float32Array, parameters: string): Booster;
}

/** Throws RefusedError when the file can't be loaded. */
export function openLightgbm(libraryPath: string): Lightgbm {
  const call = bind(libraryPath);
  return { booster: (rows, columns, target, parameters) => createBooster(call, rows, columns, target, parameters) };
}

type Call = (name: string, ...args: unknown[]) => void;

function bind(libraryPath: string): Call {
  try {
    const library = koffi.load(libraryPath);
    const lastError = library.func('const char *LGBM_GetLastError()');
    const functions = new Map(DECLARATIONS.map((declaration) => [/LGBM_\w+/.exec(declaration)![0], library.func(declaration)]));
    return (name, ...args) => {
      if (functions.get(name)!(...args) !== 0) throw new Error(`LightGBM: ${name}: ${String(lastError())}`);
    };
  } catch (error) {
    throw new RefusedError(`${libraryPath}: not a usable LightGBM library`, 'Delete that folder and run `./foretick up`, which installs it, or train without it. It needs libgomp (Debian: apt install libgomp1).', { cause: error });
  }
}

const DECLARATIONS = [
  'int LGBM_DatasetCreateFromMat(const void *data, int data_type, int32_t nrow, int32_t ncol, int is_row_major, const char *parameters, void *reference, _Out_ void **out)',
  'int LGBM_DatasetSetField(void *handle, const char *field, const void *data, int elements, int type)',
  'int LGBM_DatasetFree(void *handle)',
  'int LGBM_BoosterCreate(void *train, const char *parameters, _Out_ void **out)',
  'int LGBM_BoosterFree(void *handle)',
  'int LGBM_BoosterUpdateOneIter(void *handle, _Out_ int *finished)',
  'int LGBM_BoosterPredictForMat(void *handle, const void *data, int data_type, int32_t nrow, int32_t ncol, int is_row_major, int predict_type, int start_iteration, int num_iteration, const char *parameter, _Out_ int64_t *out_len, _Out_ double *out)',
  'int LGBM_BoosterDumpModel(void *handle, int start_iteration, int num_iteration, int importance_type, int64_t buffer_len, _Out_ int64_t *out_len, _Out_ char *out)',
];

function createBooster(call: Call, rows: Float32Array, columns: number, target: Float32Array, parameters: string): Booster {
  const out: [unknown] = [null];
  call('LGBM_DatasetCreateFromMat', rows, FLOAT32, target.length, columns, ROW_MAJOR, parameters, null, out);
  const dataset = out[0];
  call('LGBM_DatasetSetField', dataset, 'label', target, target.length, FLOAT32);
  call('LGBM_BoosterCreate', dataset, parameters, out);
  const booster = out[0];
  return {
    update() {
      const finished: [number] = [0];
      call('LGBM_BoosterUpdateOneIter', booster, finished);
      return finished[0] !== 0;
    },
    predict(data, width) {
      const values = new Float64Array(data.length / width);
      if (values.length > 0) call('LGBM_BoosterPredictForMat', booster, data, FLOAT32, values.length, width, ROW_MAJOR, PREDICT_RAW, 0, -1, 'num_threads=1', [0], values);
      return values;
    },
    dump() {
      const length: [number] = [0];
      call('LGBM_BoosterDumpModel', booster, 0, -1, 0, 0, length, null);
      const text = Buffer.alloc(Number(length[0]));
      call('LGBM_BoosterDumpModel', booster, 0, -1, 0, text.length, length, text);
      return JSON.parse(text.toString('utf8', 0, text.indexOf(0)));
    },
    free() {
      call('LGBM_BoosterFree', booster);
      call('LGBM_DatasetFree', dataset);
    },
  };
}
