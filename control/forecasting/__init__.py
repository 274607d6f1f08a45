"""The pure heart of forecasting: hourly loads and temperatures in, the loads to come out. Numpy only."""
