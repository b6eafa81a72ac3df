# Two stages: the wheel is built in the first, the second holds what serves and nothing else.
FROM python:3.13-slim AS build
WORKDIR /source
COPY . .
ENV PIP_CONSTRAINT=/source/constraints.txt PIP_BUILD_CONSTRAINT=/source/constraints.txt
RUN python -m pip wheel --no-cache-dir --wheel-dir /wheels ".[redis,tls]"

FROM python:3.13-slim
COPY --from=build /wheels /wheels
RUN python -m pip install --no-cache-dir --no-index --find-links /wheels "ocapi-emulator[redis,tls]" \
    && rm -r /wheels \
    && useradd --create-home --uid 10001 emulator
USER emulator
ENV OCAPI_EMULATOR_HOST=0.0.0.0 PYTHONUNBUFFERED=1
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s CMD ["ocapi-emulator", "health"]
ENTRYPOINT ["ocapi-emulator"]
CMD ["serve"]
