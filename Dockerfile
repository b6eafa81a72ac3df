# Two stages: the wheel is built in the first, the second holds what serves and nothing else.
FROM python:3.13-slim AS build
WORKDIR /source
COPY . .
ENV PIP_CONSTRAINT=/source/constraints.txt PIP_BUILD_CONSTRAINT=/source/constraints.txt
RUN python -m pip wheel --no-cache-dir --wheel-dir /wheels ".[redis,tls]"

FROM python:3.13-slim
LABEL org.opencontainers.image.title="ocapi-emulator" \
    org.opencontainers.image.description="A server that answers like the OCAPI Data API of Salesforce B2C Commerce" \
    org.opencontainers.image.licenses="MIT"
# The wheels are mounted, so that no layer has them.
RUN --mount=from=build,source=/wheels,target=/wheels \
    python -m pip install --no-cache-dir --no-index --find-links /wheels "ocapi-emulator[redis,tls]" \
    && useradd --create-home --uid 10001 emulator
# A number, so that Kubernetes can verify that this user is not root.
USER 10001
ENV OCAPI_EMULATOR_HOST=0.0.0.0 PYTHONUNBUFFERED=1
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s CMD ["ocapi-emulator", "health"]
ENTRYPOINT ["ocapi-emulator"]
CMD ["serve"]
