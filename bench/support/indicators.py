"""The indicators of bench/indicators.bench.ts in other libraries, over the same prices. Answers each line {"prices": path of float64,
"library": name} with a line {"seconds": CPU seconds of the loop, "last": values at the last price}.

Each library is used as its documentation shows: NautilusTrader and River one update a price, TA-Lib the whole array at once.
"""
import json
import math
import sys
import time
from collections import deque

import numpy as np


def nautilus(prices):
    from nautilus_trader.indicators import (
        BollingerBands, ExponentialMovingAverage, MovingAverageConvergenceDivergence, MovingAverageType, RateOfChange, RelativeStrengthIndex,
    )
    ema = ExponentialMovingAverage(10)
    rsi = RelativeStrengthIndex(14, MovingAverageType.WILDER)
    macd = MovingAverageConvergenceDivergence(12, 26, MovingAverageType.EXPONENTIAL)
    bands = BollingerBands(20, 2.0)
    change = RateOfChange(11, True)
    values = prices.tolist()
    started = time.process_time()
    for price in values:
        ema.update_raw(price)
        rsi.update_raw(price)
        macd.update_raw(price)
        bands.update_raw(price, price, price)
        change.update_raw(price)
        last = (ema.value, rsi.value, macd.value, bands.upper, bands.middle, change.value)
    seconds = time.process_time() - started
    ema_value, rsi_value, line, upper, middle, log_return = last
    return seconds, {"ema": ema_value, "rsi": 100 * rsi_value, "macd": line, "bands": (values[-1] - middle) / (upper - middle), "return": log_return}


def river(prices):
    from river import stats, utils
    ema, rise, fall, fast, slow = (stats.EWMean(fading_factor=f) for f in (2 / 11, 1 / 14, 1 / 14, 2 / 13, 2 / 27))
    variance = utils.Rolling(stats.Var(ddof=0), window_size=20)
    window = deque(maxlen=11)
    values = prices.tolist()
    before = values[0]
    started = time.process_time()
    for price in values:
        ema.update(price)
        fast.update(price)
        slow.update(price)
        rise.update(max(price - before, 0.0))
        fall.update(max(before - price, 0.0))
        variance.update(price)
        window.append(price)
        before = price
        up, down = rise.get(), fall.get()
        last = (ema.get(), 100 * up / (up + down) if up + down > 0 else 0.0, fast.get() - slow.get(), variance.mean.get(), variance.get(), math.log(price / window[0]))
    seconds = time.process_time() - started
    ema_value, rsi_value, line, mean, var, log_return = last
    return seconds, {"ema": ema_value, "rsi": rsi_value, "macd": line, "bands": (values[-1] - mean) / (2 * math.sqrt(var)), "return": log_return}


def talib(prices):
    import talib as ta
    started = time.process_time()
    ema = ta.EMA(prices, 10)
    rsi = ta.RSI(prices, 14)
    line = ta.EMA(prices, 12) - ta.EMA(prices, 26)
    upper, middle, _ = ta.BBANDS(prices, 20, 2, 2)
    change = np.log(ta.ROCR(prices, 10))
    seconds = time.process_time() - started
    return seconds, {"ema": ema[-1], "rsi": rsi[-1], "macd": line[-1], "bands": (prices[-1] - middle[-1]) / (upper[-1] - middle[-1]), "return": change[-1]}


LIBRARIES = {"NautilusTrader": nautilus, "River": river, "TA-Lib": talib}
for request in sys.stdin:
    order = json.loads(request)
    try:
        seconds, last = LIBRARIES[order["library"]](np.fromfile(order["prices"]))
        print(json.dumps({"seconds": seconds, "last": {name: float(value) for name, value in last.items()}}), flush=True)
    except Exception as error:  # the bench says it, and goes on with the others
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
